/*
 * --copy-from: the keys of another server into this one, by SCAN, DUMP and RESTORE, each into the database of the same
 * number: those of all databases that have keys when it begins, with a line for each and the totals; or of the one that
 * -n or the URL names. See copy_stream.h for what is promised.
 *
 * The source's password is that of KVSCLI_SOURCE_AUTH, its user that of KVSCLI_SOURCE_USER; -a, --user and KVSCLI_AUTH
 * are for this one. Exit status: 0 when every key was copied, skipped or gone; 1 when some failed, or a server lacks a
 * command; 3 when a connection was lost; 4 when a server refused; 130 after Ctrl-C.
 */
#ifndef KVS_CLIENT_MODES_COPY_H
#define KVS_CLIENT_MODES_COPY_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code copy_run(const struct options *options);

#endif
