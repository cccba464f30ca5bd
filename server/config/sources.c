/*
 * Two whole configurations are kept: the last reading of the sources that was applied, and, between reading and
 * applying, a newer one. Defaults are part of a reading, so that removing a line from the file sets its directive back
 * to the default.
 */
#include "config/sources.h"

#include "base/memory.h"
#include "base/text.h"
#include "config/config_internal.h"
#include "config/directive.h"
#include "config/directive_value.h"
#include "config/lists.h"
#include "config/mistakes.h"
#include "config/socket_rules.h"

#include <errno.h>
#include <string.h>

struct config_sources {
    int argc;
    char **argv;
    struct config last;
    struct config next;
    bool has_next;
};

/* ---- reading ---- */

struct config_sources *config_sources_create(const struct config *config, int argc, char **argv)
{
    struct config_sources *sources = mem_calloc(sizeof *sources);
    sources->argc = argc;
    sources->argv = mem_calloc(((size_t)argc + 1) * sizeof *sources->argv);
    for (int i = 0; i < argc; i++)
        sources->argv[i] = mem_strdup(argv[i]);
    config_copy(&sources->last, config);
    return sources;
}

static void drop_next(struct config_sources *sources)
{
    if (sources->has_next)
        config_deinit(&sources->next);
    sources->has_next = false;
}

void config_sources_destroy(struct config_sources *sources)
{
    drop_next(sources);
    config_deinit(&sources->last);
    for (int i = 0; i < sources->argc; i++)
        mem_free(sources->argv[i]);
    mem_free(sources->argv);
    mem_free(sources);
}

static bool reads_standard_input(const struct config_sources *sources)
{
    return sources->argc > 0 && strcmp(sources->argv[0], "-") == 0;
}

int config_sources_read_checked(struct config_sources *sources, void (*check)(struct config *config), char **error_out)
{
    const struct config_extra *last = sources->last.extra;
    drop_next(sources);
    if (reads_standard_input(sources)) {
        config_copy(&sources->next, &sources->last);
        sources->has_next = true;
        return 0;
    }
    config_init_at(&sources->next, last->start_dir);
    /* the environment doesn't show the service manager's sockets a second time */
    ((struct config_extra *)sources->next.extra)->activated = last->activated;
    sources->has_next = true;
    char *mistakes = NULL;
    config_load(&sources->next, sources->argc, sources->argv, &mistakes);
    mem_free(mistakes); /* there may be more */
    if (check)
        check(&sources->next);
    if (!config_has_mistakes(&sources->next))
        return 0;
    *error_out = config_mistakes_text(&sources->next);
    drop_next(sources);
    return -EINVAL;
}

int config_sources_read(struct config_sources *sources, char **error_out)
{
    return config_sources_read_checked(sources, NULL, error_out);
}

void config_sources_tell_remarks(const struct config_sources *sources, config_remark_visit *tell, void *context)
{
    if (sources->has_next)
        config_remarks_tell(&sources->next, tell, context);
}

bool config_sources_compare(struct config_sources *sources, struct config **last_out, struct config **next_out)
{
    *last_out = &sources->last;
    *next_out = &sources->next;
    return sources->has_next;
}

/* ---- applying ---- */

/* What to do with each directive that was edited. */
struct edits {
    const struct directive **settable;
    size_t settable_count;
    bool users;               /* the lists of users differ */
    struct text set, waiting; /* names, separated by commas */
};

static void add_name(struct text *text, const char *name)
{
    text_addf(text, "%s%s", text->len > 0 ? ", " : "", name);
}

static bool same_renames(const struct config *a, const struct config *b)
{
    bool same = a->rename_count == b->rename_count;
    for (size_t i = 0; same && i < 2 * a->rename_count; i++)
        same = strcmp(a->renames[i], b->renames[i]) == 0;
    return same;
}

/*
 * `user` lines have two parts: the account, which waits for a restart, and the list of users. What users are there now
 * isn't in config, so the list is named if its edit changes any.
 */
static void find_user_edits(const struct config_sources *sources, const struct directive *directive, bool users_change,
                            struct edits *edits)
{
    if (strcmp(sources->next.account, sources->last.account) != 0)
        add_name(&edits->waiting, "user (the account)");
    edits->users = !config_same_users(&sources->next, &sources->last);
    if (edits->users && users_change)
        add_name(&edits->set, directive->name);
}

/* Finds the directives that differ between the readings, and whose new value differs from config's. */
static void find_edits(const struct config_sources *sources, const struct config *config, bool users_change,
                       struct edits *edits)
{
    for (size_t i = 0; i < directive_count; i++) {
        const struct directive *directive = &directives[i];
        if (directive->kind == KIND_USER) {
            find_user_edits(sources, directive, users_change, edits);
            continue;
        }
        if (directive_equal(&sources->next, &sources->last, directive) ||
            directive_equal(&sources->next, config, directive))
            continue;
        if ((directive->flags & DIRECTIVE_IMMUTABLE) != 0) {
            add_name(&edits->waiting, directive->name);
        } else {
            add_name(&edits->set, directive->name);
            edits->settable[edits->settable_count++] = directive;
        }
    }
    if (!same_renames(&sources->next, &sources->last))
        add_name(&edits->waiting, "rename-command");
}

static int set_edited(const struct config_sources *sources, struct config *config, const struct edits *edits,
                      char **report_out)
{
    struct config candidate;
    const char *culprit; /* unused: the report names all directives */
    char *error = NULL;
    int result = 0;
    config_copy(&candidate, config);
    for (size_t i = 0; i < edits->settable_count; i++)
        directive_copy(&candidate, &sources->next, edits->settable[i]);
    const char *problem = socket_rules_problem(&candidate);
    if (problem) {
        config_deinit(&candidate);
        error = mem_strdup(problem);
        result = -EINVAL;
    } else {
        result = config_install(config, &candidate, edits->settable, edits->settable_count, &culprit, &error);
    }
    if (result != 0)
        *report_out = text_format("%s can't be set: %s; nothing has changed", edits->set.data, error);
    mem_free(error);
    return result;
}

static char *describe(const struct edits *edits)
{
    struct text text = TEXT_EMPTY;
    if (edits->set.len > 0)
        text_addf(&text, "%s set anew", edits->set.data);
    if (edits->waiting.len > 0)
        text_addf(&text, "%s%s can't change while the server runs: restart it for that", text.len > 0 ? "; " : "",
                  edits->waiting.data);
    if (text.len == 0)
        text_add(&text, "nothing has changed");
    return text.data;
}

int config_sources_apply(struct config_sources *sources, struct config *config, bool users_change, char **report_out)
{
    struct edits edits = {.settable = mem_alloc(directive_count * sizeof *edits.settable)};
    int result = 0;
    *report_out = NULL;
    if (sources->has_next) {
        find_edits(sources, config, users_change, &edits);
        if (edits.settable_count > 0)
            result = set_edited(sources, config, &edits, report_out);
    }
    if (result == 0) {
        result = (int)edits.settable_count + (edits.users && users_change);
        if (edits.users)
            users_copy(config, &sources->next);
        *report_out = describe(&edits);
    }
    if (result >= 0 && sources->has_next) {
        config_deinit(&sources->last);
        sources->last = sources->next;
        sources->has_next = false;
    }
    drop_next(sources);
    text_deinit(&edits.set);
    text_deinit(&edits.waiting);
    mem_free(edits.settable);
    return result;
}
