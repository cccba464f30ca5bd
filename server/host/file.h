/*
 * Small files as a whole: reading one, and replacing one so that a crash leaves either the old or the new content.
 * Any thread. They block on the disk.
 */
#ifndef KVS_HOST_FILE_H
#define KVS_HOST_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct text;

/* Appends the file's content to the text. 0 or a negative errno. */
int file_read(const char *path, struct text *text);

/*
 * Replaces the file at path: writes a new one beside it, syncs it, renames it and syncs the folder. If path is a
 * symbolic link, the file it leads to is replaced. The mode of an existing file is kept, and its owner and group where
 * we may set them; otherwise the file gets `mode`. 0 or a negative errno; then the old file is untouched, unless only
 * the folder's sync failed.
 */
int file_replace(const char *path, const char *data, size_t len, mode_t mode);

#endif
