/*
 * A stretch is a run of comments and blank lines; each user line has the one before it. Stretches are sorted by the
 * name of their user, so that a file of many users is written in a time that its length justifies.
 */
#include "acl/acl_comments.h"

#include "base/memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"

struct stretch_before {
    struct bytes user; /* its name */
    struct bytes lines;
};

struct acl_comments {
    struct bytes head, end;
    struct stretch_before *before;
    size_t count;
};

/* What is being read. */
struct scan {
    struct acl_comments *comments;
    const char *begin;    /* of the stretch */
    const char *head_end; /* behind the first blank line below a comment, as long as no user has come; or NULL */
    bool has_comment;     /* the stretch has one */
    bool has_user;        /* one has come */
};

bool acl_line_is_comment(struct bytes line)
{
    return line.len > 0 && line.data[0] == '#';
}

static struct bytes without_blanks(const char *begin, const char *end)
{
    while (begin < end && *begin != '\0' && strchr(BLANKS, *begin))
        begin++;
    while (begin < end && end[-1] != '\0' && strchr(BLANKS, end[-1]))
        end--;
    return (struct bytes){begin, (size_t)(end - begin)};
}

/* The name in "user NAME rule ..."; no data if it is another line. */
static struct bytes user_of_line(struct bytes line)
{
    static const char keyword[] = "user ";
    size_t skipped = sizeof keyword - 1;
    if (line.len < skipped || memcmp(line.data, keyword, skipped) != 0)
        return (struct bytes){NULL, 0};
    const char *name = line.data + skipped, *blank = memchr(name, ' ', line.len - skipped);
    return (struct bytes){name, blank ? (size_t)(blank - name) : line.len - skipped};
}

static void add_before(struct acl_comments *comments, struct bytes user, struct bytes lines)
{
    comments->before = mem_realloc(comments->before, (comments->count + 1) * sizeof *comments->before);
    comments->before[comments->count++] = (struct stretch_before){user, lines};
}

/* A line that is neither comment nor blank: the stretch ends where it begins. */
static void end_stretch(struct scan *scan, const char *at, const char *next, struct bytes user)
{
    const char *begin = scan->begin;
    if (!scan->has_user && scan->head_end) {
        scan->comments->head = (struct bytes){begin, (size_t)(scan->head_end - begin)};
        begin = scan->head_end;
    }
    bool has_comment = scan->has_comment && memchr(begin, '#', (size_t)(at - begin));
    if (user.data && has_comment)
        add_before(scan->comments, user, (struct bytes){begin, (size_t)(at - begin)});
    *scan = (struct scan){.comments = scan->comments, .begin = next, .has_user = true};
}

static void scan_line(struct scan *scan, const char *at, const char *end, const char *next)
{
    struct bytes line = without_blanks(at, end);
    if (acl_line_is_comment(line))
        scan->has_comment = true;
    else if (line.len > 0)
        end_stretch(scan, at, next, user_of_line(line));
    else if (scan->has_comment && !scan->head_end)
        scan->head_end = next;
}

static int compare_users(const void *a, const void *b)
{
    const struct bytes *left = &((const struct stretch_before *)a)->user;
    const struct bytes *right = &((const struct stretch_before *)b)->user;
    size_t len = left->len < right->len ? left->len : right->len;
    int order = len > 0 ? memcmp(left->data, right->data, len) : 0;
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

struct acl_comments *acl_comments_of(struct bytes content)
{
    struct acl_comments *comments = mem_calloc(sizeof *comments);
    struct scan scan = {.comments = comments, .begin = content.data};
    const char *at = content.data, *end = content.data + content.len;
    while (at < end) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        const char *next = feed ? feed + 1 : end;
        scan_line(&scan, at, feed ? feed : end, next);
        at = next;
    }
    if (scan.has_comment)
        comments->end = (struct bytes){scan.begin, (size_t)(end - scan.begin)};
    if (comments->count > 0)
        qsort(comments->before, comments->count, sizeof *comments->before, compare_users);
    return comments;
}

void acl_comments_destroy(struct acl_comments *comments)
{
    mem_free(comments->before);
    mem_free(comments);
}

struct bytes acl_comments_head(const struct acl_comments *comments)
{
    return comments->head;
}

struct bytes acl_comments_before(const struct acl_comments *comments, struct bytes user_name)
{
    const struct stretch_before wanted = {.user = user_name};
    const struct stretch_before *found = NULL;
    if (comments->count > 0)
        found = bsearch(&wanted, comments->before, comments->count, sizeof wanted, compare_users);
    return found ? found->lines : (struct bytes){NULL, 0};
}

struct bytes acl_comments_end(const struct acl_comments *comments)
{
    return comments->end;
}
