/*
 * Every folder on the way to the socket counts, not the last alone: whoever may write into a folder may have made the
 * folder below it. An entry that you, root or the folder's owner made in a sticky folder settles that doubt, because
 * nobody else can put another in its place.
 *
 * The path is walked as it was given and as it resolves, since a symbolic link may have been planted, too.
 */
#include "connection/peer.h"

#include "core/identity.h"
#include "core/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_expected(uid_t uid, const struct stat *folder)
{
    return uid == geteuid() || uid == 0 || uid == folder->st_uid;
}

static bool is_shared(const struct stat *folder)
{
    return (folder->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* True when `entry` is a folder that nobody unexpected made or could replace. */
static bool is_settled(const char *entry, const struct stat *folder)
{
    struct stat status;
    return (folder->st_mode & S_ISVTX) != 0 && lstat(entry, &status) == 0 && S_ISDIR(status.st_mode) &&
           is_expected(status.st_uid, folder);
}

static void print_warning(FILE *out, const char *path, const struct ucred *peer, const struct stat *file,
                          const char *folder, const struct stat *status)
{
    if (is_expected(peer->uid, status)) {
        fprintf(out, "Warning: the socket file %s, served by ", path);
        identity_print_user(out, peer->uid);
        fprintf(out, " with pid %ld, belongs to ", (long)peer->pid);
        identity_print_user(out, file->st_uid);
    } else {
        fprintf(out, "Warning: the server at %s, pid %ld, is run by ", path, (long)peer->pid);
        identity_print_user(out, peer->uid);
    }
    fputs(", who is neither you, root nor the owner of ", out);
    fprintf(out, "%s, into which others can write (mode %04o): it may be an impostor. ", folder,
            (unsigned)status->st_mode & 07777);
    fputs("Send it nothing secret unless you know that user; kvs-cli --who shows more, and a server is safer in a "
          "folder of its own.\n",
          out);
}

/* Looks at one folder and its entry on the way to the socket. True when there was something to warn of. */
static bool check_folder(FILE *out, const char *path, const struct ucred *peer, const struct stat *file,
                         const char *folder, const char *entry)
{
    struct stat status;
    if (stat(folder, &status) < 0 || !is_shared(&status) || is_settled(entry, &status))
        return false;
    if (is_expected(peer->uid, &status) && is_expected(file->st_uid, &status))
        return false;
    print_warning(out, path, peer, file, folder, &status);
    return true;
}

/* Walks `way`, which leads to the socket, from its end, where the likeliest folder is. */
static bool walk(FILE *out, const char *path, const struct ucred *peer, const struct stat *file, const char *way)
{
    char *entry = memory_copy_text(way, strlen(way));
    bool warned = false;
    while (!warned && strcmp(entry, "/") != 0 && strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0) {
        const char *slash = strrchr(entry, '/');
        char *folder = !slash           ? memory_copy_text(".", 1)
                       : slash == entry ? memory_copy_text("/", 1)
                                        : memory_copy_text(entry, (size_t)(slash - entry));
        warned = check_folder(out, path, peer, file, folder, entry);
        free(entry);
        entry = folder;
    }
    free(entry);
    return warned;
}

void peer_warn(FILE *out, const char *path, const struct ucred *peer)
{
    struct stat file;
    char *resolved = realpath(path, NULL);
    if (resolved && stat(resolved, &file) == 0) {
        if (!walk(out, path, peer, &file, resolved))
            walk(out, path, peer, &file, path);
    }
    free(resolved);
}
