/*
 * Rules as text: words separated by blanks, where what stands in parentheses is one rule.
 */
#ifndef KVS_ACL_RULES_H
#define KVS_ACL_RULES_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the rule is this word, in any case. */
bool rule_is(struct bytes rule, const char *word);

/*
 * Whether there is a blank or a NUL in it: names and patterns can't have any, or the text could not be read
 * back.
 */
bool rule_has_blank(struct bytes rule);

struct rules {
    struct bytes *items; /* they point into the words they were made of, or into memory of their own */
    size_t count;
    char *joined;
};

/*
 * Joins words from one that begins with "(" to one that ends with ")". 0, and rules_out is the caller's to
 * free; -EINVAL and *open_out when a parenthesis is left open: the index of the word that has it.
 */
int rules_join(const struct bytes *words, size_t count, struct rules *rules_out, size_t *open_out);

/* Splits a line at single blanks; between two of them is an empty word. Words point into the line. */
void rules_split(struct bytes line, struct rules *rules_out);

void rules_deinit(struct rules *rules);

#endif
