/*
 * Small files as a whole: read, and replaced so that a crash leaves the old one or the new one. Any thread.
 */
#ifndef KVS_HOST_FILE_H
#define KVS_HOST_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct text;

/* Adds all of the file to the text. 0 or a negative errno. */
int file_read(const char *path, struct text *text);

/*
 * Puts a new file in the place of the one at path: written beside it, synced, renamed, the folder synced. A
 * symbolic link stays one. A file that was there keeps its mode, and its owner and group where we may give
 * them; a new one gets `mode`. 0 or a negative errno, and then the old file is untouched (but for the last
 * sync).
 */
int file_replace(const char *path, const char *data, size_t len, mode_t mode);

#endif
