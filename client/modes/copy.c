#include "modes/copy.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/monotonic.h"
#include "core/quantity.h"
#include "modes/copy_databases.h"
#include "modes/copy_stream.h"
#include "output/output.h"
#include "session/info.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCAN_COUNT 500 /* keys a SCAN is asked for, unless told */
#define RUN_ID_SIZE 64

struct copy {
    const struct options *options;
    struct options source_options, target_options;
    struct arguments pattern; /* one word, or none */
    struct copy_plan plan;

    struct copy_totals totals; /* of all databases */
    enum exit_code code;
    double began;            /* monotonic seconds */
    bool has_left_interrupt; /* the line of the terminal's "^C" */
};

/* ---- what the servers are ---- */

static void write_product(struct copy_side *side, const struct info *info)
{
    static const char *const products[][2] = {
        {"kvs_version", "kvs"}, {"valkey_version", "Valkey"}, {"redis_version", "Redis"}};
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        const char *version = info_text(info, products[i][0]);
        if (!version)
            continue;
        snprintf(side->product, sizeof side->product, "%s %.20s", products[i][1], version);
        return;
    }
}

/* Learns name and version, and the identity of the running server. A server that does not say keeps them empty. */
static enum exit_code ask_product(struct copy_side *side, char run_id[RUN_ID_SIZE])
{
    struct reply *reply;
    enum exit_code code = session_ask(side->session, (const char *[]){"INFO", "server", NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    struct info *info = info_parse_reply(reply);
    if (info) {
        const char *id = info_text(info, "run_id");
        write_product(side, info);
        snprintf(run_id, RUN_ID_SIZE, "%s", id ? id : "");
        side->has_info = true;
    }
    info_destroy(info);
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

/* What COMMAND INFO says of one command. */
enum knowledge {
    COMMAND_UNKNOWN,
    COMMAND_KNOWN,
    COMMAND_UNTOLD, /* the server does not tell: trying will */
};

static enum exit_code ask_command(const struct copy_side *side, const char *name, enum knowledge *knowledge_out)
{
    struct reply *reply;
    enum exit_code code = session_ask(side->session, (const char *[]){"COMMAND", "INFO", name, NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    *knowledge_out = COMMAND_UNTOLD;
    if (reply->type == REPLY_ARRAY && reply->count == 1) {
        const struct reply *command = &reply->elements[0];
        *knowledge_out = command->type == REPLY_ARRAY && command->count > 0 ? COMMAND_KNOWN : COMMAND_UNKNOWN;
    }
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

static enum exit_code require_command(const struct copy_side *side, const char *name)
{
    enum knowledge knowledge = COMMAND_UNTOLD;
    enum exit_code code = ask_command(side, name, &knowledge);
    return code == EXIT_CODE_OK && knowledge == COMMAND_UNKNOWN ? copy_side_lacks(side, name) : code;
}

static enum exit_code check_commands(struct copy_plan *plan)
{
    enum knowledge expire_time = COMMAND_UNTOLD;
    enum exit_code code = require_command(&plan->source, "DUMP");
    if (code == EXIT_CODE_OK)
        code = require_command(&plan->target, "RESTORE");
    if (code == EXIT_CODE_OK)
        code = ask_command(&plan->source, "PEXPIRETIME", &expire_time);
    plan->has_expire_time = expire_time == COMMAND_KNOWN;
    return code;
}

static enum exit_code refuse_itself(void)
{
    fputs("kvs-cli: --copy-from: that is the server that -s means; name two different ones\n", stderr);
    return EXIT_CODE_USAGE;
}

static bool is_one_file(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static enum exit_code check_servers(struct copy_plan *plan)
{
    char source_id[RUN_ID_SIZE] = "", target_id[RUN_ID_SIZE] = "";
    enum exit_code code = ask_product(&plan->source, source_id);
    if (code == EXIT_CODE_OK)
        code = ask_product(&plan->target, target_id);
    if (code == EXIT_CODE_OK && source_id[0] != '\0' && strcmp(source_id, target_id) == 0)
        code = refuse_itself();
    return code == EXIT_CODE_OK ? check_commands(plan) : code;
}

/* ---- what the user wants ---- */

static const char *text_of_environment(const char *name)
{
    const char *text = getenv(name);
    return text && *text != '\0' ? text : NULL;
}

static void choose_options(struct copy *copy)
{
    copy->target_options = *copy->options;
    copy->target_options.protocol = PROTOCOL_UNCHANGED;
    copy->source_options = copy->target_options;
    copy->source_options.socket_path = copy->options->copy_from;
    copy->source_options.socket_source = "the one given with --copy-from";
    copy->source_options.password = text_of_environment("KVSCLI_SOURCE_AUTH");
    copy->source_options.user = text_of_environment("KVSCLI_SOURCE_USER");
    if (copy->source_options.user && !copy->source_options.password)
        copy->source_options.password = ""; /* as for --user */
}

static struct copy_side make_side(const struct options *options)
{
    return (struct copy_side){
        .session = session_create(options, SESSION_BATCH),
        .path = options->socket_path,
        .database = options->database,
    };
}

/* False: its quotes are wrong. */
static bool choose_pattern(struct copy *copy)
{
    const char *pattern = copy->options->pattern;
    if (!pattern)
        return true;
    if (!copy->options->quoted_pattern)
        arguments_append(&copy->pattern, pattern, strlen(pattern));
    else if (!quoting_split(pattern, strlen(pattern), &copy->pattern) || copy->pattern.count != 1)
        return false;
    copy->plan.pattern = copy->pattern.values[0];
    copy->plan.pattern_length = copy->pattern.lengths[0];
    return true;
}

/* ---- copying ---- */

static void print_totals(const struct copy_totals *totals, double seconds)
{
    char copied[QUANTITY_SIZE], size[QUANTITY_SIZE], skipped[QUANTITY_SIZE], failed[QUANTITY_SIZE], time[QUANTITY_SIZE],
        vanished[QUANTITY_SIZE];
    printf("copied %s %s (%s), skipped %s, failed %s in %s", quantity_write_thousands(copied, totals->copied),
           quantity_noun(totals->copied, "key", "keys"), quantity_write_bytes(size, (double)totals->bytes),
           quantity_write_thousands(skipped, totals->skipped), quantity_write_thousands(failed, totals->failed),
           quantity_write_duration(time, seconds));
    if (totals->vanished > 0)
        printf("; %s %s gone when %s turn came", quantity_write_thousands(vanished, totals->vanished),
               quantity_noun(totals->vanished, "was", "were"), quantity_noun(totals->vanished, "its", "their"));
}

/* The terminal's "^C" has a line of its own. */
static void leave_interrupt(struct copy *copy, const struct copy_totals *totals)
{
    if (totals->is_interrupted && !copy->has_left_interrupt && isatty(STDOUT_FILENO))
        putchar('\n');
    copy->has_left_interrupt |= totals->is_interrupted;
}

static void print_database(struct copy *copy, int number, const struct copy_totals *totals, double seconds)
{
    leave_interrupt(copy, totals);
    printf("database %d: ", number);
    print_totals(totals, seconds);
    putchar('\n');
    output_flush();
}

static void print_end(struct copy *copy)
{
    const struct copy_totals *totals = &copy->totals;
    leave_interrupt(copy, totals);
    if (totals->is_interrupted)
        fputs("interrupted: ", stdout);
    print_totals(totals, monotonic_seconds() - copy->began);
    if (totals->skipped > 0)
        fputs("; --replace overwrites what is there", stdout);
    putchar('\n');
    output_flush();
}

/* ---- one database ---- */

/* For the progress: all keys, where all are wanted and the source tells. */
static enum exit_code ask_expected(struct copy_plan *plan)
{
    struct reply *reply;
    if (plan->pattern || plan->type)
        return EXIT_CODE_OK;
    enum exit_code code = copy_side_ask(&plan->source, (const char *[]){"DBSIZE", NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_INTEGER && reply->integer > 0)
        plan->expected = (uint64_t)reply->integer;
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

static void copy_given(struct copy *copy)
{
    copy->code = ask_expected(&copy->plan);
    if (copy->code != EXIT_CODE_OK)
        return;
    copy->code = copy_stream_run(&copy->plan, &copy->totals);
    print_end(copy);
}

/* ---- all of them ---- */

static uint64_t count_seen(const struct copy_totals *totals)
{
    return totals->copied + totals->skipped + totals->vanished + totals->failed;
}

static void add_totals(struct copy_totals *sum, const struct copy_totals *totals)
{
    sum->copied += totals->copied;
    sum->bytes += totals->bytes;
    sum->skipped += totals->skipped;
    sum->vanished += totals->vanished;
    sum->failed += totals->failed;
    sum->is_stopped |= totals->is_stopped;
    sum->is_interrupted |= totals->is_interrupted;
}

static void expect_all(struct copy_plan *plan, const struct copy_databases *databases)
{
    plan->names_database = databases->count > 1;
    for (size_t i = 0; i < databases->count && !plan->pattern && !plan->type; i++) {
        if (databases->list[i].keys == 0) {
            plan->expected = 0;
            return;
        }
        plan->expected += databases->list[i].keys;
    }
}

/* Takes both sides there. They were asked before, so a refusal means that something has changed. */
static enum exit_code enter_database(struct copy_plan *plan, int number)
{
    enum exit_code code = copy_databases_enter(&plan->source, number);
    return code == EXIT_CODE_OK ? copy_databases_enter(&plan->target, number) : code;
}

static void copy_database(struct copy *copy, int number)
{
    struct copy_totals totals = {0};
    double began = monotonic_seconds();
    enum exit_code code = enter_database(&copy->plan, number);
    if (code == EXIT_CODE_OK)
        code = copy_stream_run(&copy->plan, &totals);
    else
        totals.is_stopped = true;
    totals.is_interrupted |= code == EXIT_CODE_INTERRUPTED;
    if (totals.is_stopped || copy->code == EXIT_CODE_OK)
        copy->code = code; /* why it ends says more than that keys failed */
    add_totals(&copy->totals, &totals);
    copy->plan.done += count_seen(&totals);
    if (count_seen(&totals) > 0)
        print_database(copy, number, &totals, monotonic_seconds() - began);
}

static void copy_found(struct copy *copy, const struct copy_databases *databases)
{
    expect_all(&copy->plan, databases);
    for (size_t i = 0; i < databases->count; i++) {
        if (copy->totals.is_stopped) {
            fprintf(stderr, "kvs-cli: --copy-from: database %d%s not copied\n", databases->list[i].number,
                    i + 1 < databases->count ? " and those behind it are" : " is");
            break;
        }
        copy_database(copy, databases->list[i].number);
    }
    print_end(copy);
}

static void copy_all(struct copy *copy)
{
    struct copy_databases databases = {0};
    enum exit_code code = copy_databases_find(&copy->plan.source, &databases);
    if (code == EXIT_CODE_OK)
        code = copy_databases_check(&databases, &copy->plan.source);
    if (code == EXIT_CODE_OK)
        code = copy_databases_check(&databases, &copy->plan.target);
    copy->code = code;
    if (code == EXIT_CODE_OK)
        copy_found(copy, &databases);
    copy_databases_deinit(&databases);
}

static void connect_and_copy(struct copy *copy)
{
    struct copy_plan *plan = &copy->plan;
    enum exit_code code = session_connect(plan->target.session);
    if (code == EXIT_CODE_OK)
        code = session_connect(plan->source.session);
    if (code == EXIT_CODE_OK)
        code = check_servers(plan);
    copy->code = code;
    if (code != EXIT_CODE_OK)
        return;
    copy->began = monotonic_seconds();
    if (copy->options->has_database)
        copy_given(copy);
    else
        copy_all(copy);
}

enum exit_code copy_run(const struct options *options)
{
    struct copy copy = {.options = options};
    choose_options(&copy);
    if (is_one_file(options->copy_from, options->socket_path))
        return refuse_itself();
    if (!choose_pattern(&copy)) {
        fputs("kvs-cli: --quoted-pattern: its quotes are not balanced, or it is not one word\n", stderr);
        arguments_deinit(&copy.pattern);
        return EXIT_CODE_USAGE;
    }
    struct copy_plan *plan = &copy.plan;
    plan->source = make_side(&copy.source_options);
    plan->target = make_side(&copy.target_options);
    plan->type = options->type;
    plan->scan_count = options->scan_count > 0 ? options->scan_count : SCAN_COUNT;
    plan->timeout = options->timeout;
    plan->replace = options->replace;
    interrupt_install();
    connect_and_copy(&copy);
    session_destroy(plan->source.session);
    session_destroy(plan->target.session);
    arguments_deinit(&copy.pattern);
    return copy.code;
}
