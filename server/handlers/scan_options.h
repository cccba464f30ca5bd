/*
 * What SCAN, HSCAN, SSCAN and ZSCAN are given: a cursor and options.
 */
#ifndef KVS_HANDLERS_SCAN_OPTIONS_H
#define KVS_HANDLERS_SCAN_OPTIONS_H

#include "command/call.h"

#include <stdbool.h>
#include <stdint.h>

struct scan_options {
    bool takes_type, takes_novalues; /* set by the caller: which options there are */
    bool novalues;
    int64_t count;             /* 10 unless it is given; at least 1 */
    const struct arg *pattern; /* NULL: any */
    const struct arg *type;    /* NULL: any */
};

/* Reads the cursor. False, with the error, if it is none. */
bool scan_cursor(struct call *call, const struct arg *arg, uint64_t *cursor_out);

/* Reads the options from argv[first] on. False, with the error, if they are wrong. */
bool scan_options_parse(struct call *call, int first, struct scan_options *options);

/* NULL for a pattern that lets everything pass. */
const struct arg *scan_pattern(const struct arg *pattern);

#endif
