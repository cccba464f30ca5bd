/* CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO: see clients/tracking.h. */
#include "base/memory.h"
#include "clients/clients.h"
#include "clients/tracking.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/standstill.h"
#include "net/worker.h"

/* ---- CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP] ---- */

struct options {
    uint32_t mode;
    int64_t redirect_id; /* 0: none */
    struct tracker *target;
    struct bytes *prefixes;
    size_t prefix_count;
};

/* World stopped. The connection with that number, unless it is being closed. */
static struct client *find_client(uint64_t id)
{
    for (unsigned i = 0; i < workers_count(); i++)
        for (struct conn *conn = worker_first_conn(worker_at(i)); conn; conn = conn->next)
            if (conn->id == id && conn->state != CONN_CLOSED)
                return client_of(conn);
    return NULL;
}

/* The client may belong to another worker, which has to be at rest. */
static bool find_target(struct call *call, struct options *options)
{
    struct standstill standstill = standstill_begin(call);
    struct client *client = standstill.may_run ? find_client((uint64_t)options->redirect_id) : NULL;
    if (client)
        options->target = tracker_retain(tracker_of(client));
    standstill_end(standstill);
    if (!client && standstill.may_run)
        reply_error(call->reply, "ERR The client ID you want redirect to does not exist");
    return client != NULL;
}

static bool parse_redirect(struct call *call, const struct arg *id, struct options *options)
{
    if (options->redirect_id != 0) {
        reply_error(call->reply, "ERR A client can only redirect to a single other client");
        return false;
    }
    return argument_i64(call, id, &options->redirect_id) && find_target(call, options);
}

static uint32_t mode_named(const struct arg *word)
{
    return arg_is(word, "bcast")    ? TRACKER_BCAST
           : arg_is(word, "optin")  ? TRACKER_OPTIN
           : arg_is(word, "optout") ? TRACKER_OPTOUT
           : arg_is(word, "noloop") ? TRACKER_NOLOOP
                                    : 0;
}

static bool parse_options(struct call *call, struct options *options)
{
    for (int i = 3; i < call->argc; i++) {
        const struct arg *word = &call->argv[i];
        bool has_value = i + 1 < call->argc;
        if (mode_named(word) != 0) {
            options->mode |= mode_named(word);
        } else if (has_value && arg_is(word, "redirect")) {
            if (!parse_redirect(call, &call->argv[++i], options))
                return false;
        } else if (has_value && arg_is(word, "prefix")) {
            const struct arg *prefix = &call->argv[++i];
            options->prefixes[options->prefix_count++] = (struct bytes){prefix->data, prefix->len};
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* What is wrong with the modes among each other, or with what the client does already; NULL: nothing. */
static const char *mode_fault(const struct options *options, uint32_t present)
{
    uint32_t mode = options->mode;
    if (!(mode & TRACKER_BCAST) && options->prefix_count > 0)
        return "ERR PREFIX option requires BCAST mode to be enabled";
    if ((present & TRACKER_ON) && ((present ^ mode) & TRACKER_BCAST))
        return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling "
               "it with a different mode.";
    if ((mode & TRACKER_BCAST) && (mode & (TRACKER_OPTIN | TRACKER_OPTOUT)))
        return "ERR OPTIN and OPTOUT are not compatible with BCAST";
    if ((mode & TRACKER_OPTIN) && (mode & TRACKER_OPTOUT))
        return "ERR You can't specify both OPTIN mode and OPTOUT mode";
    if (((mode & TRACKER_OPTIN) && (present & TRACKER_OPTOUT)) ||
        ((mode & TRACKER_OPTOUT) && (present & TRACKER_OPTIN)))
        return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling "
               "it with a different mode.";
    return NULL;
}

static bool check_prefixes(struct call *call, const struct options *options)
{
    static const struct own_prefixes none;
    const struct own_prefixes *own = tracking_prefixes(call->client);
    if (!own)
        own = &none;
    struct prefix_overlap overlap = own_prefixes_overlap(own, options->prefixes, options->prefix_count);
    if (overlap.given) {
        reply_errorf(call->reply,
                     "ERR Prefix '%.*s' overlaps with %s prefix '%.*s'. Prefixes for a single client must not overlap.",
                     (int)overlap.given->len, overlap.given->data,
                     overlap.with_own ? "an existing" : "another provided", (int)overlap.with.len, overlap.with.data);
        return false;
    }
    if (own->count + options->prefix_count > OWN_PREFIXES_MAX) {
        reply_errorf(call->reply, "ERR a client can have %d prefixes", OWN_PREFIXES_MAX);
        return false;
    }
    return true;
}

static void track(struct call *call, const struct options *options)
{
    const char *fault = mode_fault(options, tracking_mode(call->client));
    if (fault) {
        reply_error(call->reply, fault);
        return;
    }
    if (!check_prefixes(call, options))
        return;
    tracking_start(call->client, options->mode, options->target, options->prefixes, options->prefix_count);
    reply_ok(call->reply);
}

static void set_tracking(struct call *call, struct options *options)
{
    const struct arg *word = &call->argv[2];
    if (!parse_options(call, options))
        return;
    if (arg_is(word, "on")) {
        track(call, options);
    } else if (arg_is(word, "off")) {
        tracking_stop(call->client);
        reply_ok(call->reply);
    } else {
        error_syntax(call);
    }
}

void cmd_client_tracking(struct call *call)
{
    struct options options = {.prefixes = mem_alloc((size_t)call->argc * sizeof *options.prefixes)};
    set_tracking(call, &options);
    if (options.target)
        tracker_release(options.target);
    mem_free(options.prefixes);
}

/* ---- the others ---- */

/* CLIENT CACHING YES|NO */
void cmd_client_caching(struct call *call)
{
    const struct arg *word = &call->argv[2];
    uint32_t mode = tracking_mode(call->client);
    if (!(mode & TRACKER_ON)) {
        reply_error(call->reply, "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN "
                                 "or OPTOUT mode enabled");
    } else if (!arg_is(word, "yes") && !arg_is(word, "no")) {
        error_syntax(call);
    } else if (arg_is(word, "yes") && !(mode & TRACKER_OPTIN)) {
        reply_error(call->reply, "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    } else if (arg_is(word, "no") && !(mode & TRACKER_OPTOUT)) {
        reply_error(call->reply, "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    } else {
        tracking_except_next(call->client);
        reply_ok(call->reply);
    }
}

void cmd_client_getredir(struct call *call)
{
    reply_int(call->reply, client_redirect(call->client));
}

static void reply_flags(struct reply *reply, uint32_t mode)
{
    bool caching = mode & TRACKER_CACHING;
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {mode & TRACKER_ON, "on"},
        {!(mode & TRACKER_ON), "off"},
        {mode & TRACKER_BCAST, "bcast"},
        {mode & TRACKER_OPTIN, "optin"},
        {(mode & TRACKER_OPTIN) && caching, "caching-yes"},
        {mode & TRACKER_OPTOUT, "optout"},
        {(mode & TRACKER_OPTOUT) && caching, "caching-no"},
        {mode & TRACKER_NOLOOP, "noloop"},
        {mode & TRACKER_BROKEN, "broken_redirect"},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        count += flags[i].is_set;
    reply_set(reply, count);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].is_set)
            reply_bulk_text(reply, flags[i].name);
}

void cmd_client_trackinginfo(struct call *call)
{
    const struct own_prefixes *own = tracking_prefixes(call->client);
    struct reply *reply = call->reply;
    reply_map(reply, 3);
    reply_bulk_text(reply, "flags");
    reply_flags(reply, tracking_mode(call->client));
    reply_bulk_text(reply, "redirect");
    reply_int(reply, client_redirect(call->client));
    reply_bulk_text(reply, "prefixes");
    reply_array(reply, own ? own->count : 0);
    for (size_t i = 0; own && i < own->count; i++)
        reply_bulk(reply, own->names[i].data, own->names[i].len);
}
