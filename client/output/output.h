/*
 * Standard output, which holds replies and nothing else. Messages about trouble go to standard error.
 */
#ifndef KVS_CLIENT_OUTPUT_OUTPUT_H
#define KVS_CLIENT_OUTPUT_OUTPUT_H

/* Writes out what was printed, or output_fail(). Where Ctrl-C does not end the program, it may cut what was being
 * written: that is not a failure, and a real failure shows again in the next call. */
void output_flush(void);

/* Ends the program because standard output can't be written to, for a reason in errno's terms: silently when the reader
 * has gone, as programs in a pipeline do; with a message when a disk is full. */
_Noreturn void output_fail(int error);

#endif
