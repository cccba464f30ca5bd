/*
 * LCS: the longest common subsequence of two strings, its length, or where it lies in both.
 *
 * To fill in the classic table of lengths (Wagner and Fischer, 1974), only its last row is needed; for the way back,
 * each cell only has to say which neighbour was larger. So one row of lengths and one bit for each cell are kept: a
 * thirty-second of the whole table. Bit (i, j) is set where lengths(i-1, j) > lengths(i, j-1), that is where the way
 * back goes up rather than left; where the two bytes are equal it goes both and needs no bit.
 *
 * The limit on the work stays Redis's: it refuses strings whose table of 32-bit lengths would be larger
 * than proto-max-bulk-len.
 */
#include "base/memory.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "server.h"
#include "types/string.h"
#include "types/type_number.h"

#include <assert.h>

struct lcs_options {
    bool length_only;      /* LEN */
    bool indexes;          /* IDX */
    bool with_match_len;   /* WITHMATCHLEN */
    int64_t min_match_len; /* MINMATCHLEN */
};

struct lcs {
    struct bytes a, b;
    uint32_t length; /* of the longest common subsequence */
    uint32_t *row;   /* b.len + 1 lengths */
    uint64_t *up;    /* the bits, row_words words for each byte of a; NULL if only the length is wanted */
    size_t row_words;
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

/* Allocates the row and, unless only the length is wanted, the bits. False, with the error, if it can't. */
static bool prepare(struct call *call, struct lcs *lcs, bool length_only)
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
    size_t up_size = lcs->a.len * lcs->row_words * sizeof *lcs->up;
    lcs->row = mem_try_alloc((lcs->b.len + 1) * sizeof *lcs->row);
    if (!length_only && up_size > 0)
        lcs->up = mem_try_alloc(up_size);
    if (!lcs->row || (!length_only && up_size > 0 && !lcs->up)) {
        mem_free(lcs->row);
        mem_free(lcs->up);
        reply_error(call->reply, "ERR Insufficient memory, failed allocating transient memory for LCS");
        return false;
    }
    memset(lcs->row, 0, (lcs->b.len + 1) * sizeof *lcs->row);
    if (lcs->up)
        memset(lcs->up, 0, up_size);
    return true;
}

/* Fills one row after the other; lcs->row holds row i - 1 to the right of j and row i to its left. */
static void compute(struct lcs *lcs)
{
    for (size_t i = 1; i <= lcs->a.len; i++) {
        char c = lcs->a.data[i - 1];
        uint64_t *up = lcs->up ? lcs->up + (i - 1) * lcs->row_words : NULL;
        uint32_t diagonal = 0, left = 0;
        for (size_t j = 1; j <= lcs->b.len; j++) {
            uint32_t above = lcs->row[j];
            if (lcs->b.data[j - 1] == c) {
                left = diagonal + 1;
            } else if (above > left) {
                left = above;
                if (up)
                    up[(j - 1) / 64] |= UINT64_C(1) << ((j - 1) % 64);
            }
            lcs->row[j] = left;
            diagonal = above;
        }
    }
    lcs->length = lcs->row[lcs->b.len];
}

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
    while (i > 0 && j > 0) {
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
    reply_int(call->reply, lcs->length);
    reply_defer_array(call->reply, hole, count);
}

/* Walks back the same way and answers with the subsequence itself. */
static void reply_subsequence(struct call *call, const struct lcs *lcs)
{
    char *text = mem_try_alloc((size_t)lcs->length + 1);
    if (!text) {
        error_no_memory(call);
        return;
    }
    size_t i = lcs->a.len, j = lcs->b.len, at = lcs->length;
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
    reply_bulk(call->reply, text, lcs->length);
    mem_free(text);
}

/* The bytes of a key's value, empty if it is absent; false if it is no string. */
static bool read_string(struct call *call, const struct key *key, struct string_view *view_out)
{
    const struct entry *entry = lookup_read(call, key);
    view_out->data = "";
    view_out->len = 0;
    if (!entry)
        return true;
    if (entry->type != TYPE_STRING)
        return false;
    string_view(entry, view_out);
    return true;
}

void cmd_lcs(struct call *call)
{
    struct string_view a, b;
    struct lcs_options options = {0};
    if (!read_string(call, &call->keys[0], &a) || !read_string(call, &call->keys[1], &b)) {
        reply_error(call->reply, "ERR The specified keys must contain string values");
        return;
    }
    if (!parse_options(call, &options))
        return;
    struct lcs lcs = {.a = {a.data, a.len}, .b = {b.data, b.len}};
    if (!prepare(call, &lcs, options.length_only))
        return;
    compute(&lcs);
    if (options.length_only)
        reply_int(call->reply, lcs.length);
    else if (options.indexes)
        reply_indexes(call, &lcs, &options);
    else
        reply_subsequence(call, &lcs);
    mem_free(lcs.row);
    mem_free(lcs.up);
}
