/*
 * Standard output, which holds replies and nothing else. Messages about trouble go to standard error.
 */
#ifndef KVS_CLIENT_OUTPUT_OUTPUT_H
#define KVS_CLIENT_OUTPUT_OUTPUT_H

/* Writes out what was printed. A reader that has gone ends the program as it ends every program of a pipeline; a full
 * disk ends it with a message. */
void output_flush(void);

#endif
