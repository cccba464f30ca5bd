#include "connection/nearby.h"

#include "connection/url.h"
#include "core/age.h"
#include "core/memory.h"
#include "core/quoting.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SHOWN_MOST 8        /* sockets */
#define LOOKED_AT_MOST 1000 /* entries of a folder */
#define PLACES_MOST 6

enum state { STATE_LISTENS, STATE_REFUSES, STATE_STALE, STATE_OTHER };

struct found {
    char *path;
    struct stat status;
    enum state state;
};

struct search {
    const char *path; /* what could not be found out */
    bool has_self;    /* there is something at the path: */
    struct stat self;
    char *places[PLACES_MOST]; /* that were looked at, for people */
    size_t place_count;
    struct found found[SHOWN_MOST];
    size_t found_count;
    size_t more; /* sockets beyond those */
};

/* A name that a message can hold: others may have made it to do harm to a terminal. */
static bool is_plain(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < ' ' || (unsigned char)*name > '~')
            return false;
    }
    return true;
}

/* ---- looking ---- */

static enum state ask(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return STATE_OTHER;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return STATE_OTHER;
    int error = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    close(fd);
    switch (error) {
    case 0:
    case EAGAIN: /* many are waiting to be let in */
        return STATE_LISTENS;
    case EACCES:
    case EPERM:
        return STATE_REFUSES;
    case ECONNREFUSED:
        return STATE_STALE;
    default:
        return STATE_OTHER;
    }
}

static bool is_same(const struct stat *first, const struct stat *second)
{
    return first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

static bool search_knows(const struct search *search, const struct stat *status)
{
    if (search->has_self && is_same(&search->self, status))
        return true;
    for (size_t i = 0; i < search->found_count; i++) {
        if (is_same(&search->found[i].status, status))
            return true;
    }
    return false;
}

static void search_file(struct search *search, const char *path)
{
    struct stat status;
    if (!is_plain(path) || stat(path, &status) < 0 || !S_ISSOCK(status.st_mode) || search_knows(search, &status))
        return;
    enum state state = ask(path);
    if (state == STATE_OTHER)
        return;
    if (search->found_count == SHOWN_MOST) {
        search->more++;
        return;
    }
    search->found[search->found_count++] =
        (struct found){.path = memory_copy_text(path, strlen(path)), .status = status, .state = state};
}

static char *join(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = memory_alloc(size);
    snprintf(path, size, "%s%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/", name);
    return path;
}

static bool search_remembers(const struct search *search, const char *place)
{
    for (size_t i = 0; i < search->place_count; i++) {
        if (strcmp(search->places[i], place) == 0)
            return true;
    }
    return strcmp(search->path, place) == 0;
}

/* Takes `place`. False when it was looked at before. */
static bool search_note(struct search *search, char *place)
{
    if (search_remembers(search, place) || search->place_count == PLACES_MOST) {
        free(place);
        return false;
    }
    search->places[search->place_count++] = place;
    return true;
}

static void search_place(struct search *search, const char *path)
{
    if (search_note(search, memory_copy_text(path, strlen(path))))
        search_file(search, path);
}

static void search_folder(struct search *search, const char *folder)
{
    if (!search_note(search, join(folder, "*.sock")))
        return;
    DIR *entries = opendir(folder);
    if (!entries)
        return;
    const struct dirent *entry;
    for (int i = 0; i < LOOKED_AT_MOST && (entry = readdir(entries)); i++) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".sock") != 0)
            continue;
        char *path = join(folder, entry->d_name);
        search_file(search, path);
        free(path);
    }
    closedir(entries);
}

/* The place that KVS_SOCKET names, as a path or a URL. */
static void search_named(struct search *search)
{
    const char *named = getenv("KVS_SOCKET");
    struct url url;
    if (!named || *named == '\0')
        return;
    if (!url_is_meant(named)) {
        search_place(search, named);
    } else if (!url_parse(named, &url)) {
        search_place(search, url.path);
        url_deinit(&url);
    }
}

static void search_everywhere(struct search *search)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *slash = strrchr(search->path, '/');
    search_named(search);
    if (runtime && *runtime != '\0') {
        char *path = join(runtime, "kvs.sock");
        search_place(search, path);
        free(path);
    }
    search_place(search, "/tmp/kvs.sock");
    search_folder(search, "/run/kvs");
    search_place(search, "/run/kvs.sock");
    char *folder = !slash                  ? memory_copy_text(".", 1)
                   : slash == search->path ? memory_copy_text("/", 1)
                                           : memory_copy_text(search->path, (size_t)(slash - search->path));
    search_folder(search, folder);
    free(folder);
}

/* ---- telling ---- */

static void print_places(FILE *out, const struct search *search)
{
    for (size_t i = 0; i < search->place_count; i++) {
        const char *between = i == 0 ? "" : i + 1 == search->place_count ? " and " : ", ";
        fprintf(out, "%s%s", between, search->places[i]);
    }
}

static void print_found(FILE *out, const struct found *found)
{
    fprintf(out, "  %s: ", found->path);
    switch (found->state) {
    case STATE_LISTENS:
        fputs("somebody listens; use it with kvs-cli -s ", out);
        quoting_write_shell_word(out, found->path);
        break;
    case STATE_REFUSES:
        fputs("its permissions refuse you", out);
        break;
    default:
        fputs("stale, nobody listens; it was made ", out);
        age_print(out, found->status.st_mtime);
    }
    putc('\n', out);
}

static void print_result(FILE *out, const struct search *search, bool only_alive)
{
    size_t shown = 0;
    for (size_t i = 0; i < search->found_count; i++)
        shown += !only_alive || search->found[i].state == STATE_LISTENS;
    if (shown == 0 && !only_alive) {
        fputs(" No socket is in ", out);
        print_places(out, search);
        fputs(" either.", out);
    }
    putc('\n', out);
    if (shown == 0)
        return;
    fputs("Looked in ", out);
    print_places(out, search);
    fputs(" too, and found:\n", out);
    for (size_t i = 0; i < search->found_count; i++) {
        if (!only_alive || search->found[i].state == STATE_LISTENS)
            print_found(out, &search->found[i]);
    }
    if (search->more > 0)
        fprintf(out, "  and %zu more\n", search->more);
}

void nearby_print(FILE *out, const char *path, bool only_alive)
{
    struct search search = {.path = path};
    search.has_self = stat(path, &search.self) == 0;
    search_everywhere(&search);
    print_result(out, &search, only_alive);
    for (size_t i = 0; i < search.place_count; i++)
        free(search.places[i]);
    for (size_t i = 0; i < search.found_count; i++)
        free(search.found[i].path);
}
