/*
 * Standard output, which holds replies and nothing else. Messages about trouble go to standard error.
 */
#ifndef KVS_CLIENT_OUTPUT_OUTPUT_H
#define KVS_CLIENT_OUTPUT_OUTPUT_H

/* Writes out what was printed, or output_fail(). Where Ctrl-C does not end the program, it may cut what was being
 * written: that is no failure, and one that stays is met by the next call. */
void output_flush(void);

/* Ends the program because standard output can't be written to, for a reason in errno's terms: without a word when
 * the reader has gone, as every program of a pipeline ends; with a message when a disk is full. */
_Noreturn void output_fail(int error);

#endif
