/*
 * Sources: FILE and the command line, which can be read again while the server runs (SIGHUP).
 *
 * What counts is the difference between two readings of the sources, not that between the sources and the running
 * configuration: a value that CONFIG SET has changed stays until somebody edits its line. Directives whose value has
 * been edited are set as CONFIG SET does, all or none; those that can't change while the server runs are named.
 * Standard input ("-") can't be read again: nothing changes then. Main thread.
 */
#ifndef KVS_CONFIG_SOURCES_H
#define KVS_CONFIG_SOURCES_H

#include "config/remarks.h"
#include "config/settings.h"

#include <stdbool.h>

struct config_sources;

/* Records what config_load() has just read from these arguments (without argv[0]); keeps copies. */
struct config_sources *config_sources_create(const struct config *config, int argc, char **argv);
void config_sources_destroy(struct config_sources *sources);

/*
 * Reads the sources again, beside the running configuration: the world need not stop. Returns 0; or, if they hold a
 * mistake, -EINVAL with *error_out set to all of them as by config_load() (freed with mem_free()), and then there is
 * nothing to apply.
 */
int config_sources_read(struct config_sources *sources, char **error_out);

/* The same with a check that adds mistakes of its own, or NULL. */
int config_sources_read_checked(struct config_sources *sources, void (*check)(struct config *config), char **error_out);

/* Tells the remarks (remarks.h) of that reading, until it is applied. */
void config_sources_tell_remarks(const struct config_sources *sources, config_remark_visit *tell, void *context);

/*
 * The reading that was applied last and the one to be applied, for whoever compares what they say about users: how
 * users change is not this module's (engine/user_edits.h). False: there is nothing to apply. Borrowed until it is.
 */
bool config_sources_compare(struct config_sources *sources, struct config **last_out, struct config **next_out);

/*
 * Sets in config what that reading changed, and makes it take effect through the listener of config_set_listener().
 * World stopped. Returns the number of directives that changed, or a negative errno if one of them was refused; then
 * none has changed, and the next reading is compared with the former one again. *report_out is one line for the log
 * either way (freed with mem_free()): "timeout, listen set anew; databases can't change ...", "nothing has changed".
 * users_change: what the reading says about users isn't what is there already, so that the report names them.
 */
int config_sources_apply(struct config_sources *sources, struct config *config, bool users_change, char **report_out);

#endif
