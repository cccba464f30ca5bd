/*
 * LCS: the longest common subsequence of two strings, its length, or where it lies in both.
 *
 * To fill in the classic table of lengths (Wagner and Fischer, 1974), only its last row is needed; for the way back,
 * each cell only has to say which neighbour was larger. So one row of lengths and one bit for each cell are kept: a
 * thirty-second of the whole table. Bit (i, j) is set where lengths(i-1, j) > lengths(i, j-1), that is where the way
 * back goes up rather than left; where the two bytes are equal it goes both and needs no bit.
 *
 * The limit on the work stays Redis's: it refuses strings whose table of 32-bit lengths would be larger
 * than proto-max-bulk-len. That may still take long, so the table is filled in turns (clients/turn.h): before the first
 * one ends, the strings are kept as they were at the command's time. The way back, which takes as many steps as both
 * strings have bytes, is done at once.
 */
#include "base/blob.h"
#include "base/memory.h"
#include "clients/turn.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "server.h"
#include "types/string.h"
#include "types/type_number.h"

#include <assert.h>

#define CELLS_BETWEEN_LOOKS ((size_t)64 << 10) /* at the clock */

struct lcs_options {
    bool length_only;      /* LEN */
    bool indexes;          /* IDX */
    bool with_match_len;   /* WITHMATCHLEN */
    int64_t min_match_len; /* MINMATCHLEN */
};

/* A string, which is borrowed from its entry in the first turn, and kept for others. */
struct lcs_string {
    const char *data;
    size_t len;
    struct blob *blob; /* that holds data; NULL: none does */
    char *copy;        /* NULL: none has been made */
};

struct lcs {
    struct turn_work work; /* first */
    struct lcs_options options;
    struct lcs_string a, b;
    uint32_t *row; /* b.len + 1 lengths */
    uint64_t *up;  /* the bits, row_words words for each byte of a; NULL if only the length is wanted */
    size_t row_words;
    size_t i, j;             /* the next cell */
    uint32_t diagonal, left; /* lengths(i-1, j-1) and (i, j-1) */
    bool is_kept;            /* it is the client's work, and no longer on the stack */
};

/* A stretch that both strings have in common, found from its end to its start. */
struct match {
    size_t a_start, b_start;
    size_t len; /* 0: none yet */
};

static bool parse_options(struct call *call, struct lcs_options *options)
{
    for (int i = 3; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        if (arg_is(arg, "idx")) {
            options->indexes = true;
        } else if (arg_is(arg, "len")) {
            options->length_only = true;
        } else if (arg_is(arg, "withmatchlen")) {
            options->with_match_len = true;
        } else if (arg_is(arg, "minmatchlen") && i + 1 < call->argc) {
            if (!argument_i64(call, &call->argv[++i], &options->min_match_len))
                return false;
        } else {
            error_syntax(call);
            return false;
        }
    }
    if (options->indexes && options->length_only) {
        reply_error(call->reply, "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    return true;
}

static size_t up_size(const struct lcs *lcs)
{
    return lcs->options.length_only ? 0 : lcs->a.len * lcs->row_words * sizeof *lcs->up;
}

/* Allocates the row and, unless only the length is wanted, the bits. False, with the error, if it can't. */
static bool prepare(struct call *call, struct lcs *lcs)
{
    if (lcs->a.len >= UINT32_MAX - 1 || lcs->b.len >= UINT32_MAX - 1) {
        reply_error(call->reply, "ERR String too long for LCS");
        return false;
    }
    uint64_t cells = (uint64_t)(lcs->a.len + 1) * (lcs->b.len + 1);
    if (cells > call->server->config.proto_max_bulk_len / sizeof(uint32_t)) {
        reply_error(call->reply, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        return false;
    }
    lcs->row_words = (lcs->b.len + 63) / 64;
    lcs->row = mem_try_calloc((lcs->b.len + 1) * sizeof *lcs->row);
    if (up_size(lcs) > 0)
        lcs->up = mem_try_calloc(up_size(lcs));
    if (!lcs->row || (up_size(lcs) > 0 && !lcs->up)) {
        mem_free(lcs->row);
        mem_free(lcs->up);
        reply_error(call->reply, "ERR Insufficient memory, failed allocating transient memory for LCS");
        return false;
    }
    lcs->i = lcs->j = 1;
    return true;
}

/* ---- the table ---- */

/* Fills a row on up to the cell before end; lcs->row holds row i - 1 to the right of j and row i to its left. */
static void compute_row(struct lcs *lcs, size_t end)
{
    char c = lcs->a.data[lcs->i - 1];
    const char *b = lcs->b.data;
    uint64_t *up = lcs->up ? lcs->up + (lcs->i - 1) * lcs->row_words : NULL;
    uint32_t *row = lcs->row, diagonal = lcs->diagonal, left = lcs->left;
    for (size_t j = lcs->j; j < end; j++) {
        uint32_t above = row[j];
        if (b[j - 1] == c) {
            left = diagonal + 1;
        } else if (above > left) {
            left = above;
            if (up)
                up[(j - 1) / 64] |= UINT64_C(1) << ((j - 1) % 64);
        }
        row[j] = left;
        diagonal = above;
    }
    lcs->diagonal = diagonal;
    lcs->left = left;
    lcs->j = end;
}

/* Goes on with the table; false when the turn is over before it is complete. */
static bool compute(struct lcs *lcs, int64_t end_ns)
{
    size_t row_end = lcs->b.len + 1, left = CELLS_BETWEEN_LOOKS;
    while (lcs->i <= lcs->a.len) {
        size_t end = row_end - lcs->j > left ? lcs->j + left : row_end;
        left -= end - lcs->j;
        compute_row(lcs, end);
        if (end == row_end) {
            lcs->i++;
            lcs->j = 1;
            lcs->diagonal = lcs->left = 0;
            left -= left > 0; /* a row takes time even if it is empty */
        }
        if (left > 0)
            continue;
        if (turn_is_over(end_ns))
            return false;
        left = CELLS_BETWEEN_LOOKS;
    }
    return true;
}

/* Of the longest common subsequence, once the table is complete. */
static uint32_t lcs_length(const struct lcs *lcs)
{
    return lcs->row[lcs->b.len];
}

/* ---- turns ---- */

static void lcs_deinit(struct lcs *lcs)
{
    if (lcs->is_kept) {
        blob_release(lcs->a.blob);
        blob_release(lcs->b.blob);
    }
    mem_free(lcs->a.copy);
    mem_free(lcs->b.copy);
    mem_free(lcs->row);
    mem_free(lcs->up);
}

static void lcs_destroy(struct turn_work *work)
{
    lcs_deinit((struct lcs *)work);
    mem_free(work);
}

static size_t string_memory(const struct lcs_string *string)
{
    return string->blob ? blob_memory(string->blob) : string->len;
}

static size_t lcs_memory(const struct turn_work *work)
{
    const struct lcs *lcs = (const struct lcs *)work;
    return sizeof *lcs + string_memory(&lcs->a) + string_memory(&lcs->b) + (lcs->b.len + 1) * sizeof *lcs->row +
           up_size(lcs);
}

/* From here on the string doesn't depend on its entry. */
static void keep_string(struct lcs_string *string)
{
    if (string->blob)
        blob_retain(string->blob);
    else
        string->data = string->copy = mem_dup(string->data, string->len); /* less than BLOB_MIN bytes */
}

static void give_way(struct call *call, struct lcs *lcs)
{
    if (!lcs->is_kept) {
        struct lcs *kept = mem_alloc(sizeof *kept);
        *kept = *lcs;
        kept->work = (struct turn_work){.destroy = lcs_destroy, .memory = lcs_memory};
        kept->is_kept = true;
        keep_string(&kept->a);
        keep_string(&kept->b);
        lcs = kept;
    }
    turn_give_way(call, &lcs->work);
}

/* ---- the way back ---- */

static bool goes_up(const struct lcs *lcs, size_t i, size_t j)
{
    assert(lcs->up != NULL);
    return lcs->up[(i - 1) * lcs->row_words + (j - 1) / 64] >> ((j - 1) % 64) & 1;
}

/* Answers with the match if there is one and it is long enough; returns 1 if it did, or 0. */
static size_t reply_match(struct call *call, const struct lcs_options *options, const struct match *match)
{
    if (match->len == 0 || (int64_t)match->len < options->min_match_len)
        return 0;
    reply_array(call->reply, options->with_match_len ? 3 : 2);
    reply_array(call->reply, 2);
    reply_int(call->reply, (int64_t)match->a_start);
    reply_int(call->reply, (int64_t)(match->a_start + match->len - 1));
    reply_array(call->reply, 2);
    reply_int(call->reply, (int64_t)match->b_start);
    reply_int(call->reply, (int64_t)(match->b_start + match->len - 1));
    if (options->with_match_len)
        reply_int(call->reply, (int64_t)match->len);
    return 1;
}

/* Walks back from the ends and answers with the matches, last first. */
static void reply_indexes(struct call *call, const struct lcs *lcs, const struct lcs_options *options)
{
    reply_map(call->reply, 2);
    reply_bulk_text(call->reply, "matches");
    struct reply_hole hole = reply_defer(call->reply);
    struct match match = {0};
    size_t count = 0;
    size_t i = lcs->a.len, j = lcs->b.len;
    while (i > 0 && j > 0 && !reply_is_over(call->reply)) {
        if (lcs->a.data[i - 1] == lcs->b.data[j - 1]) {
            match = (struct match){--i, --j, match.len + 1};
            continue;
        }
        count += reply_match(call, options, &match);
        match.len = 0;
        if (goes_up(lcs, i, j))
            i--;
        else
            j--;
    }
    count += reply_match(call, options, &match);
    reply_bulk_text(call->reply, "len");
    reply_int(call->reply, lcs_length(lcs));
    reply_defer_array(call->reply, hole, count);
}

/* Walks back the same way and answers with the subsequence itself. */
static void reply_subsequence(struct call *call, const struct lcs *lcs)
{
    char *text = mem_try_alloc((size_t)lcs_length(lcs) + 1);
    if (!text) {
        error_no_memory(call);
        return;
    }
    size_t i = lcs->a.len, j = lcs->b.len, at = lcs_length(lcs);
    while (at > 0) {
        if (lcs->a.data[i - 1] == lcs->b.data[j - 1]) {
            text[--at] = lcs->a.data[i - 1];
            i--;
            j--;
        } else if (goes_up(lcs, i, j)) {
            i--;
        } else {
            j--;
        }
    }
    reply_bulk(call->reply, text, lcs_length(lcs));
    mem_free(text);
}

/* ---- the command ---- */

/* A key's value, empty if it is absent; false if it is no string. view is where the bytes of a number are put. */
static bool read_string(struct call *call, const struct key *key, struct string_view *view, struct lcs_string *string)
{
    const struct entry *entry = lookup_read(call, key);
    *string = (struct lcs_string){.data = ""};
    if (!entry)
        return true;
    if (entry->type != TYPE_STRING)
        return false;
    string_view(entry, view);
    string->data = view->data;
    string->len = view->len;
    string->blob = view->blob;
    return true;
}

static void reply_lcs(struct call *call, const struct lcs *lcs)
{
    if (lcs->options.length_only)
        reply_int(call->reply, lcs_length(lcs));
    else if (lcs->options.indexes)
        reply_indexes(call, lcs, &lcs->options);
    else
        reply_subsequence(call, lcs);
}

/* Fills in the table as far as the turn goes, and answers once it is complete. False: the call has given way. */
static bool go_on(struct call *call, struct lcs *lcs)
{
    if (!compute(lcs, turn_end_ns(call))) {
        give_way(call, lcs);
        return false;
    }
    reply_lcs(call, lcs);
    return true;
}

void cmd_lcs(struct call *call)
{
    struct string_view a, b;
    struct lcs lcs = {0};
    if (turn_work(call)) {
        go_on(call, (struct lcs *)turn_work(call));
        return;
    }
    if (!read_string(call, &call->keys[0], &a, &lcs.a) || !read_string(call, &call->keys[1], &b, &lcs.b)) {
        reply_error(call->reply, "ERR The specified keys must contain string values");
        return;
    }
    if (!parse_options(call, &lcs.options) || !prepare(call, &lcs))
        return;
    if (go_on(call, &lcs))
        lcs_deinit(&lcs);
}
