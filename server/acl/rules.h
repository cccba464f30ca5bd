/*
 * Rules as text: words separated by blanks; all words in a pair of parentheses form one rule.
 */
#ifndef KVS_ACL_RULES_H
#define KVS_ACL_RULES_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the rule is this word, in any case of letters. */
bool rule_is(struct bytes rule, const char *word);

/*
 * Whether it contains a blank or a NUL: names and patterns can't have any, or the text could not be read back.
 */
bool rule_has_blank(struct bytes rule);

struct rules {
    struct bytes *items; /* they point into the words that they were made of, or into joined */
    size_t count;
    char *joined;
};

/*
 * Joins words from one that begins with "(" to one that ends with ")". 0, and the caller frees *rules_out; or -EINVAL
 * if a parenthesis isn't closed, and *open_out is the index of the word with it.
 */
int rules_join(const struct bytes *words, size_t count, struct rules *rules_out, size_t *open_out);

/* Splits a line at single blanks; between two blanks there is an empty word. Words point into the line. */
void rules_split(struct bytes line, struct rules *rules_out);

void rules_deinit(struct rules *rules);

#endif
