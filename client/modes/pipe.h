/*
 * --pipe: mass insertion from standard input, at the rate that the server takes: commands in RESP, or one on each line.
 *
 * Bytes go to the server as they are, and its replies are counted; memory is constant. Standard output has the lines
 * that redis-cli prints, the last being "errors: N, replies: M". Standard error has the first errors, each with its
 * line or the number of its command, and progress where it is a terminal.
 *
 * The numbers hold as long as every command gets one reply: not after SUBSCRIBE to several channels, or CLIENT REPLY.
 */
#ifndef KVS_CLIENT_MODES_PIPE_H
#define KVS_CLIENT_MODES_PIPE_H

#include "core/exit_codes.h"
#include "options/options.h"

/* EXIT_CODE_ERROR_REPLY when there were errors, among which is an end in the middle of a command.
 * EXIT_CODE_INTERRUPTED after Ctrl-C, with the totals so far. */
enum exit_code pipe_run(const struct options *options);

#endif
