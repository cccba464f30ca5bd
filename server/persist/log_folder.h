/*
 * The folder of the append-only log (appenddirname): finding the log in it, and taking over one that is a single file.
 *
 * Up to Redis 6 the log was one file beside that folder, in `dir`. It becomes the base of a log in parts, as Redis 7
 * does it: first a manifest names it, then it is moved. A crash between the two leaves a manifest whose only file is
 * still beside the folder; the next start goes on from there.
 */
#ifndef KVS_PERSIST_LOG_FOLDER_H
#define KVS_PERSIST_LOG_FOLDER_H

#include "persist/log_manifest.h"

#include <stdbool.h>

struct text;

struct log_folder {
    int fd;                       /* negative: there is none */
    struct log_manifest manifest; /* without files where there is none */
    bool was_single;              /* the log was a single file, and has been taken over just now */
};

/*
 * Opens the folder of that name in dir, a descriptor, and reads the manifest of the log whose appendfilename is `stem`;
 * takes over a single file. With `makes` the folder is made if it isn't there. Whatever isn't there is no failure. 0,
 * or a negative errno with a line appended to *mistake. At the start, before anything else writes there. In both cases
 * log_folder_close() frees what it holds.
 */
int log_folder_open(struct log_folder *folder, int dir, const char *name, const char *stem, bool makes,
                    struct text *mistake);
void log_folder_close(struct log_folder *folder);

#endif
