/*
 * What the options are where the command line says nothing: defaults, then the environment, the preferences and the
 * terminal.
 */
#ifndef KVS_CLIENT_OPTIONS_OPTION_DEFAULTS_H
#define KVS_CLIENT_OPTIONS_OPTION_DEFAULTS_H

#include "options/option_table.h"
#include "options/options.h"

#include <stdbool.h>

/* Before the command line is read. */
void option_defaults_begin(struct options *options);

/* Afterwards. `given` tells for each enum option_id whether it stood there. May ask for the password; ends the program
 * where none can be had. */
void option_defaults_fill(struct options *options, const bool *given);

/* A format, with the protocol that shows it best. */
void option_defaults_set_format(struct options *options, enum format format);

#endif
