/*
 * The kernel gives one errno for a path of many parts, so the path is walked again from its beginning to find
 * the part that is to blame. What is found can have changed since the attempt; then a plainer line is
 * printed.
 */
#include "connection/connect_error.h"

#include "core/identity.h"
#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The path. */

/* Finds the first folder of the path that cannot be passed. True: `folder_out` (free it), `error_out` its
 * errno. */
static bool find_bad_folder(const char *path, char **folder_out, int *error_out)
{
    for (size_t i = 0; path[i] != '\0'; i++) {
        if (path[i] != '/')
            continue;
        char *folder = memory_copy_text(path, i > 0 ? i : 1);
        struct stat status;
        int error = 0;
        if (stat(folder, &status) < 0)
            error = errno;
        else if (!S_ISDIR(status.st_mode))
            error = ENOTDIR;
        else if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) < 0)
            error = errno;
        if (error != 0) {
            *folder_out = folder;
            *error_out = error;
            return true;
        }
        free(folder);
    }
    if (path[0] != '/' && faccessat(AT_FDCWD, ".", X_OK, AT_EACCESS) < 0) {
        *folder_out = memory_copy_text(".", 1);
        *error_out = errno;
        return true;
    }
    return false;
}

static const char *kind_of_file(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "a regular file";
    case S_IFDIR:
        return "a folder";
    case S_IFIFO:
        return "a named pipe";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "something else";
    }
}

/* The cases. */

static void explain_missing(FILE *out, const char *path, const char *source)
{
    char *folder;
    int error;
    struct stat status;
    if (find_bad_folder(path, &folder, &error)) {
        fprintf(out, "the folder %s does not exist. ", folder);
        free(folder);
    } else if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) {
        fputs("it is a symbolic link to a file that does not exist. ", out);
    } else {
        fputs("no such socket file. ", out);
    }
    fprintf(out, "The path is %s. Start a server there (kvs-server -s %s) or name another path with -s or KVS_SOCKET.",
            source, path);
}

static void explain_folder_refusal(FILE *out, const char *folder)
{
    struct stat status;
    fprintf(out, "permission denied by the folder %s", folder);
    if (stat(folder, &status) == 0) {
        fputs(" (", out);
        identity_print_file(out, &status);
        putc(')', out);
    }
    fputs("; you are ", out);
    identity_print_self(out);
    fprintf(out, ". Passing it needs its x permission: ask its owner for chmod o+x %s, or for a socket elsewhere.",
            folder);
}

static void explain_remedy(FILE *out, const char *path, const struct stat *status)
{
    const struct passwd *self = getpwuid(geteuid());
    const struct group *group = getgrgid(status->st_gid);
    if (status->st_mode & S_IWGRP && !identity_is_in_group(status->st_gid) && group != NULL && status->st_gid != 0) {
        fprintf(out, "The group may connect: become a member (sudo usermod -aG %s %s) and log in again.",
                group->gr_name, self ? self->pw_name : "YOU");
        return;
    }
    if (status->st_uid == geteuid()) {
        fprintf(out, "Connecting needs the w permission: chmod u+w %s, or give the server unixsocketperm 600.", path);
        return;
    }
    fputs("Connecting needs the w permission: run kvs-cli as the owner (sudo -u ", out);
    const struct passwd *owner = getpwuid(status->st_uid);
    if (owner != NULL)
        fprintf(out, "%s kvs-cli ...)", owner->pw_name);
    else
        fprintf(out, "'#%ld' kvs-cli ...)", (long)status->st_uid);
    fputs(", or give the server unixsocketperm 660 and a group of which you are a member.", out);
}

static void explain_refusal(FILE *out, const char *path)
{
    char *folder;
    int error;
    struct stat status;
    if (find_bad_folder(path, &folder, &error)) {
        explain_folder_refusal(out, folder);
        free(folder);
        return;
    }
    if (stat(path, &status) < 0) {
        fputs("permission denied. You are ", out);
        identity_print_self(out);
        putc('.', out);
        return;
    }
    fputs("permission denied by the file (", out);
    identity_print_file(out, &status);
    fputs("); you are ", out);
    identity_print_self(out);
    fputs(". ", out);
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) {
        fputs("The mode lets you in, so a security module (SELinux, AppArmor) refuses: see the kernel's log.", out);
    } else {
        explain_remedy(out, path, &status);
    }
}

static void explain_nobody_listens(FILE *out, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode)) {
        fprintf(out, "it is %s, not a socket. Give the path of the server's socket file with -s or KVS_SOCKET.",
                kind_of_file(status.st_mode));
        return;
    }
    fprintf(out,
            "nobody listens: the file is stale, the server that made it is gone. Start it again "
            "(kvs-server -s %s): it replaces the file.",
            path);
}

void connect_error_explain(FILE *out, const char *path, const char *source, int error)
{
    fprintf(out, "Could not connect to kvs at %s: ", path);
    switch (error) {
    case ENOENT:
        explain_missing(out, path, source);
        break;
    case EACCES:
    case EPERM:
        explain_refusal(out, path);
        break;
    case ECONNREFUSED:
        explain_nobody_listens(out, path);
        break;
    case EPROTOTYPE:
        fputs("it is a datagram or seqpacket socket, not a server's. Give another path with -s or KVS_SOCKET.", out);
        break;
    case ENOTDIR: {
        char *folder;
        int ignored;
        bool found = find_bad_folder(path, &folder, &ignored);
        fprintf(out, "%s is not a folder. Give another path with -s or KVS_SOCKET.", found ? folder : "a part of it");
        if (found)
            free(folder);
        break;
    }
    case ENAMETOOLONG:
        fprintf(out, "the path has %zu bytes and a socket address holds %zu. Use a shorter path, or a relative one.",
                strlen(path), sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
        break;
    default:
        fprintf(out, "%s.", strerror(error));
        break;
    }
    putc('\n', out);
}
