/*
 * An errno says little: obstacle.h finds the part of the path that is to blame, and nearby.h where else a server may
 * be. What is found can have changed since the attempt; then a plainer line is printed.
 */
#include "connection/connect_error.h"

#include "connection/nearby.h"
#include "connection/obstacle.h"
#include "core/age.h"
#include "core/identity.h"
#include "core/quoting.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

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

static void print_link(FILE *out, const struct obstacle *obstacle)
{
    if (!obstacle->link)
        return;
    fputs(", to which the symbolic link ", out);
    quoting_write_path(out, obstacle->link);
    fputs(" leads", out);
}

/* ---- a path that is not there ---- */

static void explain_missing(FILE *out, const char *path, const char *source)
{
    struct obstacle obstacle;
    struct stat status;
    obstacle_find(path, &obstacle);
    if (obstacle.error == ENOENT && obstacle.link && stat(obstacle.link, &status) < 0) {
        quoting_write_path(out, obstacle.link);
        fputs(" is a symbolic link to a file that does not exist. ", out);
    } else if (obstacle.error == ENOENT && !obstacle.is_last) {
        fputs("the folder ", out);
        quoting_write_path(out, obstacle.path);
        fputs(" does not exist. ", out);
    } else {
        fputs("no such socket file. ", out);
    }
    obstacle_deinit(&obstacle);
    fprintf(out, "The path is %s. Start a server there (kvs-server -s ", source);
    quoting_write_shell_word(out, path);
    fputs(") or name another path with -s or KVS_SOCKET.", out);
    nearby_print(out, path, false);
}

/* ---- permissions ---- */

/* What the kernel asks for: w of the socket file, x of a folder. */
struct wanted {
    const char *letter;
    const char *path; /* of the file or folder */
    mode_t group;     /* the bit for the group */
    bool is_folder;
};

static void print_acl(FILE *out, const char *path)
{
    if (getxattr(path, "system.posix_acl_access", NULL, 0) > 0) {
        fputs(", with an access control list that getfacl ", out);
        quoting_write_shell_word(out, path);
        fputs(" shows", out);
    }
}

/* For members of a group that has what is wanted. False: that group is no way in. */
static bool explain_group(FILE *out, const struct wanted *wanted, const struct stat *status)
{
    const struct group *group = getgrgid(status->st_gid);
    if ((status->st_mode & wanted->group) == 0 || identity_is_in_group(status->st_gid) || !group)
        return false;
    if (identity_is_listed_in_group(status->st_gid)) {
        group = getgrgid(status->st_gid);
        fprintf(out,
                "You are a member of %s, but this session began before you were: log in again, or call newgrp %s and "
                "then kvs-cli once more.",
                group->gr_name, group->gr_name);
        return true;
    }
    if (status->st_gid == 0)
        return false; /* nobody should join root's */
    const char *self = identity_name();
    fprintf(out, "The group may %s: become a member (sudo usermod -aG %s %s) and log in again.",
            wanted->is_folder ? "pass" : "connect", group->gr_name, self ? self : "YOU");
    return true;
}

static void explain_owner(FILE *out, const struct stat *status, const char *socket_path)
{
    fputs("Connecting needs the w permission: run it as the owner (sudo -u ", out);
    const struct passwd *owner = getpwuid(status->st_uid);
    if (owner)
        fputs(owner->pw_name, out);
    else
        fprintf(out, "'#%ld'", (long)status->st_uid);
    fputs(" kvs-cli -s ", out);
    quoting_write_shell_word(out, socket_path);
    fputs("), or let the server give the file mode 660 and a group of which you are a member: unixsocketperm and "
          "unixsocketgroup, or mode= and group= of its listen line.",
          out);
}

static void explain_remedy(FILE *out, const struct wanted *wanted, const struct stat *status, const char *socket_path)
{
    if (status->st_uid == geteuid()) {
        fprintf(out, "%s needs the %s permission, and it is yours: chmod u+%s ",
                wanted->is_folder ? "Passing" : "Connecting", wanted->letter, wanted->letter);
        quoting_write_shell_word(out, wanted->path);
        putc('.', out);
    } else if (explain_group(out, wanted, status)) {
        return;
    } else if (wanted->is_folder) {
        fputs("Passing it needs its x permission: ask its owner for chmod o+x ", out);
        quoting_write_shell_word(out, wanted->path);
        fputs(", or for a socket elsewhere.", out);
    } else {
        explain_owner(out, status, socket_path);
    }
}

static void explain_refusal(FILE *out, const char *path)
{
    struct obstacle obstacle;
    struct stat status;
    obstacle_find(path, &obstacle);
    bool is_folder = obstacle.error != 0;
    const struct wanted wanted = {
        .letter = is_folder ? "x" : "w",
        .path = obstacle.path,
        .group = is_folder ? S_IXGRP : S_IWGRP,
        .is_folder = is_folder,
    };
    if (stat(obstacle.path, &status) < 0) {
        fputs("permission denied. You are ", out);
        identity_print_self(out);
        fputs(".\n", out);
        obstacle_deinit(&obstacle);
        return;
    }
    fputs(is_folder ? "permission denied by the folder " : "permission denied by the file", out);
    if (!is_folder && obstacle.link)
        putc(' ', out);
    if (is_folder || obstacle.link)
        quoting_write_path(out, obstacle.path);
    fputs(" (", out);
    identity_print_file(out, &status);
    print_acl(out, obstacle.path);
    putc(')', out);
    print_link(out, &obstacle);
    fputs("; you are ", out);
    identity_print_self(out);
    fputs(". ", out);
    if (!is_folder && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) {
        fputs("The mode lets you in, so a security module (SELinux, AppArmor) refuses: see the kernel's log.", out);
    } else {
        explain_remedy(out, &wanted, &status, path);
    }
    putc('\n', out);
    obstacle_deinit(&obstacle);
}

/* ---- a path without a server ---- */

static void explain_nobody_listens(FILE *out, const char *path)
{
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    if (is_there && !S_ISSOCK(status.st_mode)) {
        fprintf(out, "it is %s, not a socket. Give the path of the server's socket file with -s or KVS_SOCKET.",
                kind_of_file(status.st_mode));
        nearby_print(out, path, true);
        return;
    }
    fputs("nobody listens: the file is stale", out);
    if (is_there) {
        fputs(", made ", out);
        age_print(out, status.st_mtime);
    }
    fputs(", and the server that made it is gone. Start it again (kvs-server -s ", out);
    quoting_write_shell_word(out, path);
    fputs("): it replaces the file.", out);
    nearby_print(out, path, true);
}

static void explain_no_folder(FILE *out, const char *path)
{
    struct obstacle obstacle;
    obstacle_find(path, &obstacle);
    quoting_write_path(out, obstacle.error == ENOTDIR ? obstacle.path : "a part of it");
    fputs(" is not a folder. Give another path with -s or KVS_SOCKET.", out);
    nearby_print(out, path, true);
    obstacle_deinit(&obstacle);
}

void connect_error_explain(FILE *out, const char *path, const char *source, int error)
{
    fputs("Could not connect to kvs at ", out);
    quoting_write_path(out, path);
    fputs(": ", out);
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
        nearby_print(out, path, true);
        break;
    case ENOTDIR:
        explain_no_folder(out, path);
        break;
    case ENAMETOOLONG:
        fprintf(out, "the path has %zu bytes and a socket address holds %zu. Use a shorter path, or a relative one.\n",
                strlen(path), sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
        break;
    case ETIMEDOUT:
        fputs("somebody listens there, but did not let us in within the time that -t gives: the server is stopped, or "
              "overwhelmed.\n",
              out);
        break;
    default:
        fprintf(out, "%s.\n", strerror(error));
        break;
    }
}
