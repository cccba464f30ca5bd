/*
 * What can only be judged when everything has been read: values that a later line might have mended, and paths, which
 * depend on dir.
 *
 * A path is judged by what stat(2) and access(2) say, so that nothing is made.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "config/directive_value.h"
#include "config/lists.h"
#include "config/loader.h"
#include "config/mistakes.h"
#include "config/remarks.h"
#include "config/socket_rules.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct directive *find(const char *name)
{
    return directive_find(name, strlen(name));
}

static const struct place *origin_of(const struct config *config, const char *name)
{
    return &reading_of(config)->origins[directive_number(find(name))];
}

/* A directive can't have this value; reason says what is wrong and what to do. */
static void refuse(struct config *config, const struct place *place, const char *name, const char *value,
                   const char *reason)
{
    struct loader loader = {.config = config, .reading = reading_of(config)};
    loader_fail_value(&loader, place, find(name), (const char *[]){value}, 1, reason);
}

static void check_refusals(struct config *config)
{
    for (size_t i = 0; i < directive_count; i++) {
        const char *reason = directive_refusal(config, &directives[i]);
        struct text value = TEXT_EMPTY;
        if (!reason)
            continue;
        directive_get(config, &directives[i], &value);
        refuse(config, &reading_of(config)->origins[i], directives[i].name, value.data, reason);
        text_deinit(&value);
    }
}

/* ---- paths ---- */

static int access_error(const char *path, int mode)
{
    return access(path, mode) == 0 ? 0 : errno;
}

/* Why a file can't be made in the folder that path stands in; NULL: it can. */
static char *folder_problem(const char *path)
{
    struct stat status;
    char *folder = mem_strdup(path), *problem = NULL;
    char *slash = strrchr(folder, '/');
    *(slash == folder ? slash + 1 : slash) = '\0';
    if (stat(folder, &status) != 0) {
        problem = text_format("folder '%s': %s; create it or choose another path", folder, strerror(errno));
    } else {
        int error = S_ISDIR(status.st_mode) ? access_error(folder, W_OK | X_OK) : ENOTDIR;
        if (error != 0)
            problem = text_format("%s; choose another path or change its mode", strerror(error));
    }
    mem_free(folder);
    return problem;
}

char *config_path_problem(const struct config *config, const char *path)
{
    if (*path != '/' && reading_of(config)->no_dir)
        return NULL;
    char *full = socket_rules_absolute(config, path), *problem = NULL;
    struct stat status;
    if (stat(full, &status) == 0) {
        int error = S_ISDIR(status.st_mode) ? EISDIR : S_ISSOCK(status.st_mode) ? ENXIO : access_error(full, W_OK);
        if (error != 0)
            problem = text_format("%s; choose another path or change its mode", strerror(error));
    } else {
        problem = folder_problem(full);
    }
    mem_free(full);
    return problem;
}

static void check_socket_folder(struct config *config, const char *name, const char *path, const struct place *place)
{
    if (*path == '\0' || (*path != '/' && reading_of(config)->no_dir))
        return;
    char *full = socket_rules_absolute(config, path), *problem = folder_problem(full);
    if (problem)
        refuse(config, place, name, path, problem);
    mem_free(problem);
    mem_free(full);
}

void config_check_paths(struct config *config)
{
    if (!config_is_activated(config)) { /* their folders are the service manager's */
        check_socket_folder(config, "unixsocket", config->unixsocket, origin_of(config, "unixsocket"));
        for (size_t i = 0; i < config->listen_count; i++)
            check_socket_folder(config, "listen", config->listens[i].path, &reading_of(config)->listen_places[i]);
    }
    char *problem = *config->logfile != '\0' ? config_path_problem(config, config->logfile) : NULL;
    if (problem)
        refuse(config, origin_of(config, "logfile"), "logfile", config->logfile, problem);
    mem_free(problem);
}

/* ---- the whole ---- */

static void check_sockets(struct config *config)
{
    const struct listen_entry *twin = socket_rules_find_twin(config);
    if (!socket_rules_has_socket(config) && !config_has_mistakes(config)) /* one of them may be why */
        refuse(config, origin_of(config, "unixsocket"), "unixsocket", "",
               "there is nothing to serve on; give a path, or a listen entry");
    if (twin)
        refuse(config, &reading_of(config)->listen_places[twin - config->listens], "listen", twin->path,
               "another socket file, of unixsocket or listen, has this path; keep one");
}

static void check_users(struct config *config)
{
    if (*config->aclfile == '\0' || config->user_count == 0)
        return;
    char *reason = text_format("users are declared by user lines as well (%s), and their rights would depend "
                               "on which is read last; keep either the file or the lines",
                               config_user_place(config, 0));
    refuse(config, origin_of(config, "aclfile"), "aclfile", config->aclfile, reason);
    mem_free(reason);
}

/* Says what the values promise in vain. */
static void remark_unkept(struct config *config)
{
    for (size_t i = 0; i < directive_count; i++) {
        char *line = directive_unkept(config, &directives[i]);
        char *where = line ? place_describe(&reading_of(config)->origins[i]) : NULL;
        if (line)
            config_remark(config, where, "%s", line);
        mem_free(where);
        mem_free(line);
    }
}

/* A file that doesn't say when to save means snapshots in Redis. */
static void remark_no_snapshots(struct config *config)
{
    const struct reading *reading = reading_of(config);
    if (reading->file_count > 0 && !reading->save_said)
        config_remark(
            config, reading->files[0],
            "no save line, which in Redis means snapshots; kvs makes one only when asked, so what is in memory ends "
            "with "
            "the server (save 3600 1 300 100 60 10000 is Redis's default, save \"\" says that none are meant)");
}

void loader_check(struct loader *loader)
{
    struct config *config = loader->config;
    socket_rules_settle(config);
    check_refusals(config);
    check_sockets(config);
    check_users(config);
    config_check_paths(config);
    remark_unkept(config);
    remark_no_snapshots(config);
}
