/*
 * Which colour means what, in one place. A few calm ones out of the sixteen, so that the terminal's own scheme decides
 * how they look.
 */
#ifndef KVS_CLIENT_OUTPUT_COLORS_H
#define KVS_CLIENT_OUTPUT_COLORS_H

#include <stdbool.h>
#include <stdio.h>

enum color_role {
    ROLE_PLAIN,
    ROLE_STRING,
    ROLE_NUMBER, /* and booleans */
    ROLE_KEY,    /* of a map, of a line of INFO */
    ROLE_ERROR,
    ROLE_HEADING,
    ROLE_FAINT, /* what helps to find one's way: types, numbers of elements, names of fields; and nulls */
};

/* What is written between the two has the role's colour. Nothing happens where `color` is false. */
void color_begin(FILE *out, enum color_role role, bool color);
void color_end(FILE *out, enum color_role role, bool color);

#endif
