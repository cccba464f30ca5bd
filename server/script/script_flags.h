/*
 * Flags of scripts and functions, and the line in which a script says them: "#!lua flags=no-writes,allow-stale".
 */
#ifndef KVS_SCRIPT_SCRIPT_FLAGS_H
#define KVS_SCRIPT_SCRIPT_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

enum script_flag {
    SCRIPT_NO_WRITES = 1 << 0,
    SCRIPT_ALLOW_OOM = 1 << 1,
    SCRIPT_ALLOW_STALE = 1 << 2,
    SCRIPT_NO_CLUSTER = 1 << 3,
    SCRIPT_ALLOW_CROSS_SLOT_KEYS = 1 << 4,
    SCRIPT_HAS_NO_FLAGS = 1 << 5, /* it doesn't begin with such a line, and is treated as Redis treats older ones */
};

/* The flag with that name, or 0. */
uint32_t script_flag_find(const char *name, size_t len);

/* The name of a single flag. */
const char *script_flag_name(uint32_t flag);

/*
 * Reads the flags of a script, and how many bytes its line takes, without the line's end. The line is split into words
 * as lines of the configuration are (base/text.h). False: error_out says what is wrong, and the flags are
 * SCRIPT_HAS_NO_FLAGS.
 */
bool script_flags_read(const char *script, size_t len, uint32_t *flags_out, size_t *line_len_out,
                       struct text *error_out);

#endif
