/*
 * The walk keeps what it has passed, `done`, which holds no symbolic links, and what is still to come, `rest`. A link
 * puts its text before the rest, and when that is absolute the walk begins again at the root. ".." stays as it is:
 * after a part without links the kernel takes it literally, too.
 */
#include "connection/obstacle.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS 40 /* as many as the kernel follows */

struct walk {
    char *done; /* "" is the working folder */
    char *rest;
    char *link;
    int links;
};

static char *join(const char *first, const char *between, const char *second)
{
    size_t size = strlen(first) + strlen(between) + strlen(second) + 1;
    char *result = memory_alloc(size);
    snprintf(result, size, "%s%s%s", first, between, second);
    return result;
}

static void replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

static const char *folder_of(const struct walk *walk)
{
    return walk->done[0] != '\0' ? walk->done : ".";
}

/* Begins at the root when the rest says so. */
static void walk_enter_root(struct walk *walk)
{
    size_t slashes = strspn(walk->rest, "/");
    if (slashes == 0)
        return;
    replace(&walk->done, memory_copy_text("/", 1));
    replace(&walk->rest, memory_copy_text(walk->rest + slashes, strlen(walk->rest + slashes)));
}

/* Puts the text of the link `part` before the rest. 0 or an errno. */
static int walk_follow(struct walk *walk, char *part)
{
    char target[PATH_MAX];
    ssize_t length = readlink(part, target, sizeof target - 1);
    if (length < 0)
        return errno;
    if (++walk->links > MAX_LINKS)
        return ELOOP;
    target[length] = '\0';
    replace(&walk->rest, join(target, walk->rest[0] != '\0' ? "/" : "", walk->rest));
    replace(&walk->link, part);
    walk_enter_root(walk);
    return 0;
}

/* Takes the next part off the rest and goes there. 0 or the errno that ends the walk, with the part in `*part_out`. */
static int walk_step(struct walk *walk, char **part_out)
{
    struct stat status;
    size_t length = strcspn(walk->rest, "/");
    char *name = memory_copy_text(walk->rest, length);
    size_t behind = length + strspn(walk->rest + length, "/");
    bool wants_folder = behind > length;
    replace(&walk->rest, memory_copy_text(walk->rest + behind, strlen(walk->rest + behind)));
    bool in_root = strcmp(walk->done, "/") == 0;
    char *part = join(walk->done, in_root || walk->done[0] == '\0' ? "" : "/", name);
    free(name);
    *part_out = part;
    if (lstat(part, &status) < 0)
        return errno;
    if (S_ISLNK(status.st_mode)) {
        int error = walk_follow(walk, part);
        if (error == 0)
            *part_out = NULL;
        return error;
    }
    if (wants_folder && !S_ISDIR(status.st_mode))
        return ENOTDIR;
    replace(&walk->done, part);
    *part_out = NULL;
    return 0;
}

void obstacle_find(const char *path, struct obstacle *obstacle_out)
{
    struct walk walk = {.done = memory_copy_text("", 0), .rest = memory_copy_text(path, strlen(path))};
    char *part = NULL;
    int error = 0;
    walk_enter_root(&walk);
    while (error == 0 && walk.rest[0] != '\0') {
        if (faccessat(AT_FDCWD, folder_of(&walk), X_OK, AT_EACCESS) < 0) {
            error = errno;
            part = memory_copy_text(folder_of(&walk), strlen(folder_of(&walk)));
            break;
        }
        error = walk_step(&walk, &part);
    }
    *obstacle_out = (struct obstacle){
        .error = error,
        .is_last = error == 0 || (walk.rest[0] == '\0' && error != EACCES),
        .link = walk.link,
    };
    obstacle_out->path = error != 0 ? part : memory_copy_text(folder_of(&walk), strlen(folder_of(&walk)));
    free(walk.done);
    free(walk.rest);
}

void obstacle_deinit(struct obstacle *obstacle)
{
    free(obstacle->path);
    free(obstacle->link);
}
