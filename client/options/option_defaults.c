#include "options/option_defaults.h"

#include "connection/login.h"
#include "connection/url.h"
#include "core/terminal.h"
#include "core/usage.h"
#include "options/preferences.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIPE_TIMEOUT 30 /* seconds */

void option_defaults_begin(struct options *options)
{
    bool as_redis_cli = getenv("FAKETTY"), on_terminal = as_redis_cli || isatty(STDOUT_FILENO);
    *options = (struct options){
        .repeat = 1,
        .memory_samples = -1,
        .pipe_timeout = PIPE_TIMEOUT,
        .hints = true,
        .questions = true,
        .show_pushes = on_terminal,
        .style =
            {
                .format = as_redis_cli  ? FORMAT_HUMAN
                          : on_terminal ? FORMAT_TERMINAL
                                        : FORMAT_RAW,
                .element_delimiter = "\n",
                .reply_delimiter = "\n",
            },
    };
}

void option_defaults_set_format(struct options *options, enum format format)
{
    options->style.format = format;
    bool is_json = format == FORMAT_JSON || format == FORMAT_QUOTED_JSON;
    if (is_json && options->protocol == PROTOCOL_UNCHANGED)
        options->protocol = PROTOCOL_3_PREFERRED;
}

/* What KVS_SOCKET says as a URL. Its password goes with its user: to another, whom the command line names, it isn't
 * sent. */
static void apply_environment_url(struct options *options, const char *text)
{
    static struct url url;
    const char *complaint = url_parse(text, &url);
    if (complaint)
        usage_fail("KVS_SOCKET: %s", complaint);
    options->socket_path = url.path;
    options->socket_source = "the one in the URL of KVS_SOCKET";
    if (url.database >= 0 && !options->has_database) {
        options->database = url.database;
        options->has_database = true;
    }
    if (options->user)
        return;
    options->user = url.user;
    if (!options->password && !options->ask_password)
        options->password = url.password;
}

static void choose_default_socket(struct options *options, const char *preferred)
{
    static char runtime_path[4096];
    const char *path = getenv("KVS_SOCKET");
    if (path && *path != '\0' && url_is_meant(path)) {
        apply_environment_url(options, path);
        return;
    }
    if (path && *path != '\0') {
        options->socket_path = path;
        options->socket_source = "that of KVS_SOCKET";
        return;
    }
    if (preferred) {
        options->socket_path = preferred;
        options->socket_source = "the one preferred in cli.conf";
        return;
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && *runtime != '\0') {
        int length = snprintf(runtime_path, sizeof runtime_path, "%s/kvs.sock", runtime);
        if (length < (int)sizeof runtime_path && access(runtime_path, F_OK) == 0) {
            options->socket_path = runtime_path;
            options->socket_source = "that of XDG_RUNTIME_DIR";
            return;
        }
    }
    options->socket_path = "/tmp/kvs.sock";
    options->socket_source = "the default";
}

static void choose_password(struct options *options)
{
    if (options->ask_password) {
        options->password = login_ask(options->user);
        if (!options->password && errno == ENOTTY)
            usage_fail("option --askpass needs a terminal as standard input; for scripts there is KVSCLI_AUTH");
        if (!options->password)
            usage_fail("option --askpass: no password was typed");
    } else if (!options->password) {
        options->password = login_from_environment();
    }
    if (options->user && !options->password)
        options->password = ""; /* as of a user who needs none; who needs one is told by the server */
    if (options->password_option && !options->no_auth_warning) {
        fprintf(stderr,
                "Warning: Using a password with '%s' on the command line may not be safe: other users of this "
                "machine can see it for a moment. KVSCLI_AUTH and --askpass are safer.\n",
                options->password_option);
    }
}

/* What was not said on the command line; what changes the output of scripts only for a person. */
static void apply_preferences(struct options *options, const bool *given)
{
    bool on_terminal = isatty(STDOUT_FILENO) || getenv("FAKETTY");
    static struct preferences preferences;
    const char *no_color = getenv("NO_COLOR");
    preferences_load(&preferences);
    options->hints = options->hints && preferences.hints;
    options->questions = options->questions && preferences.questions;
    if (!options->socket_path)
        choose_default_socket(options, preferences.socket_path);
    if (!options->user)
        options->user = preferences.user;
    if (!on_terminal)
        return;
    if (!given[OPTION_FORMAT] && preferences.has_format)
        option_defaults_set_format(options, preferences.format);
    if (!given[OPTION_COLOR] && (!no_color || *no_color == '\0'))
        options->color = preferences.color;
    if (!given[OPTION_PAGER])
        options->pager = preferences.pager;
    if (options->protocol == PROTOCOL_UNCHANGED)
        options->protocol = preferences.protocol;
}

/* Who asks for colours wherever output goes wants what a terminal shows, unless a format was given too. */
static void choose_colors(struct options *options, const bool *given)
{
    if (options->color == COLOR_ALWAYS && !given[OPTION_FORMAT])
        options->style.format = FORMAT_TERMINAL;
    options->style.color = options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && terminal_has_color());
    if (options->style.format == FORMAT_TERMINAL)
        terminal_choose_locale();
}

void option_defaults_fill(struct options *options, const bool *given)
{
    apply_preferences(options, given);
    choose_password(options);
    choose_colors(options, given);
}
