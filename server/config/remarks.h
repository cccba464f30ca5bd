/*
 * Remarks: what a configuration says that does no harm, and that its operator should know all the same.
 *
 * A remark is one line: where it is, what is there, what follows. Those of a reading are collected in its struct config
 * and told once, in the order of the lines: in the log when the server has started, by --check-config, in the log after
 * a SIGHUP. The first 50 are kept, the others are counted. A copy of a configuration (CONFIG SET, CONFIG REWRITE) has
 * none. Main thread.
 */
#ifndef KVS_CONFIG_REMARKS_H
#define KVS_CONFIG_REMARKS_H

#include "config/settings.h"

/* Adds a remark. place is "a.conf:12" or "command line" (config/lists.h and config/mistakes.h know them); "": none. */
void config_remark(struct config *config, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Calls tell with each remark, and with one more line if there were more. */
typedef void config_remark_visit(void *context, const char *line);
void config_remarks_tell(const struct config *config, config_remark_visit *tell, void *context);

#endif
