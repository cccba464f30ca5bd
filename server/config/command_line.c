/*
 * The command line: a file, options and directives. Its grammar is Redis's, so that a command line that starts a Redis
 * server also starts kvs; -s, --check-config, --check-rdb, --check-aof and the options that print documentation are our
 * own.
 */
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "config/loader.h"
#include "config/mistakes.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum option_kind { OPTION_ACTION, OPTION_DIRECTIVE, OPTION_SOCKET, OPTION_UNKNOWN };

/* One option with its values, as argv has them. */
struct option {
    enum option_kind kind;
    enum config_action action;
    const char *name; /* without dashes; for OPTION_UNKNOWN as it was typed */
    char **values;
    int count;
};

static bool is_option(const char *argument)
{
    return strncmp(argument, "--", 2) == 0 || strcmp(argument, "-s") == 0;
}

static bool find_action(const char *argument, enum config_action *action_out)
{
    static const struct {
        const char *name;
        enum config_action action;
    } actions[] = {
        {"--help", CONFIG_HELP},
        {"-h", CONFIG_HELP},
        {"--version", CONFIG_VERSION},
        {"-v", CONFIG_VERSION},
        {"--check-config", CONFIG_CHECK},
        {"--config-markdown", CONFIG_MARKDOWN},
        {"--commands-markdown", CONFIG_COMMANDS_MARKDOWN},
        {"--man-page", CONFIG_MAN_PAGE},
        {"--config-man-page", CONFIG_FILE_MAN_PAGE},
    };
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(argument, actions[i].name) == 0) {
            *action_out = actions[i].action;
            return true;
        }
    return false;
}

/*
 * Reads the option at *index and moves on. The argument behind a directive's name is its value, even if it begins with
 * dashes, as with Redis; only `--save` may stand without a value. An argument "--name value" contains its values.
 */
static struct option next_option(int argc, char **argv, int *index)
{
    struct option option = {.kind = OPTION_UNKNOWN, .name = argv[*index]};
    char *argument = argv[(*index)++];
    option.values = argv + *index;
    if (find_action(argument, &option.action)) {
        option.kind = OPTION_ACTION;
    } else if (strcmp(argument, "-s") == 0) {
        option.kind = OPTION_SOCKET;
        option.count = *index < argc ? 1 : 0;
    } else if (strncmp(argument, "--", 2) == 0) {
        option.kind = OPTION_DIRECTIVE;
        option.name = argument + 2;
        bool complete = strpbrk(argument, " \t");
        bool bare_save = strcasecmp(argument, "--save") == 0 && *index < argc && strncmp(argv[*index], "--", 2) == 0;
        if (!complete && !bare_save && *index < argc)
            for (option.count = 1; *index + option.count < argc && !is_option(argv[*index + option.count]);)
                option.count++;
    }
    if (option.kind == OPTION_UNKNOWN) /* the words behind it are its, whatever it should have been */
        while (*index + option.count < argc && argv[*index + option.count][0] != '-')
            option.count++;
    *index += option.count;
    return option;
}

static bool begins_with_file(int argc, char **argv)
{
    return argc > 0 && (argv[0][0] != '-' || strcmp(argv[0], "-") == 0);
}

/* People type "kvs-server --check-config FILE", although the file comes first otherwise. */
static bool checks_first(int argc, char **argv)
{
    return argc > 0 && strcmp(argv[0], "--check-config") == 0;
}

const char *config_checked_rdb(int argc, char **argv)
{
    return argc == 2 && strcmp(argv[0], "--check-rdb") == 0 ? argv[1] : NULL;
}

enum config_action config_action_of(int argc, char **argv)
{
    enum config_action action = CONFIG_SERVE;
    if (argc > 0 && strcmp(argv[0], "--check-rdb") == 0)
        return CONFIG_CHECK_RDB;
    if (argc > 0 && strcmp(argv[0], "--check-aof") == 0) /* what follows is no directive */
        return CONFIG_CHECK_LOG;
    if (checks_first(argc, argv)) {
        argc--;
        argv++;
        action = CONFIG_CHECK;
    }
    for (int i = begins_with_file(argc, argv) ? 1 : 0; i < argc;) {
        struct option option = next_option(argc, argv, &i);
        if (option.kind == OPTION_ACTION && option.action != CONFIG_CHECK)
            return option.action;
        if (option.kind == OPTION_ACTION)
            action = CONFIG_CHECK;
    }
    return action;
}

static int load_directive_option(struct loader *loader, const struct place *place, const struct option *option)
{
    struct text_words head;
    if (text_split(option->name, strlen(option->name), &head) != 0)
        return loader_fail(loader, place, "--%s: unbalanced quotes; close every quote", option->name);
    size_t count = head.count + (size_t)option->count;
    if (head.count > 0 && loader_check_words(loader, place, head.words[0], &head) != 0) {
        text_words_free(&head);
        return -EINVAL;
    }
    if (head.count == 0) {
        text_words_free(&head);
        return loader_fail(loader, place, "'--%s': a directive's name is missing; 'kvs-server --help' lists them",
                           option->name);
    }
    const char **words = mem_alloc((count + 1) * sizeof *words);
    memcpy(words, head.words, head.count * sizeof *words);
    for (int i = 0; i < option->count; i++)
        words[head.count + (size_t)i] = option->values[i];
    if (count == 1 && strcasecmp(words[0], "save") == 0)
        words[count++] = "";
    int result = loader_words(loader, place, words, count);
    mem_free(words);
    text_words_free(&head);
    return result;
}

static int load_option(struct loader *loader, const struct option *option)
{
    const struct place place = {NULL, 0};
    switch (option->kind) {
    case OPTION_ACTION:
        return 0;
    case OPTION_DIRECTIVE:
        return load_directive_option(loader, &place, option);
    case OPTION_SOCKET:
        if (option->count == 0)
            return loader_fail(loader, &place, "-s: a value is missing; write -s and the path of the socket file");
        return loader_words(loader, &place, (const char *[]){"unixsocket", option->values[0]}, 2);
    case OPTION_UNKNOWN:
        break;
    }
    if (option->name[0] == '-')
        return loader_fail(loader, &place,
                           "unknown option '%s'; directives are written --name value, 'kvs-server --help' lists them",
                           option->name);
    return loader_fail(loader, &place,
                       "'%s' stands where an option should; the configuration file comes first, and directives are "
                       "written --name value",
                       option->name);
}

/* Stores the file's absolute path, which holds whatever the working directory becomes. */
static void remember_file(struct config *config, const char *path)
{
    const struct config_extra *extra = config->extra;
    mem_free(config->file);
    config->file = *path == '/' ? mem_strdup(path) : text_format("%s/%s", extra->start_dir, path);
}

int config_load(struct config *config, int argc, char **argv, char **error_out)
{
    struct loader loader;
    int index = 0;
    loader_init(&loader, config);
    if (checks_first(argc, argv)) {
        argc--;
        argv++;
    }
    if (begins_with_file(argc, argv)) {
        if (strcmp(argv[0], "-") == 0) {
            loader_stream(&loader, stdin, "standard input");
        } else {
            remember_file(config, argv[0]);
            loader_path(&loader, config->file, argv[0], NULL);
        }
        index = 1;
    }
    while (index < argc) {
        struct option option = next_option(argc, argv, &index);
        load_option(&loader, &option);
    }
    loader_check(&loader);
    if (!config_has_mistakes(config))
        return 0;
    *error_out = config_mistakes_text(config);
    return -EINVAL;
}
