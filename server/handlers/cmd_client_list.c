/*
 * CLIENT LIST and CLIENT INFO. The former stops the world while clients' descriptions are taken, the latter doesn't
 * stop it at all.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "clients/client_description.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/client_list.h"

static void add_line(struct text *text, const struct client_description *client)
{
    client_description_write(client, false, text);
    text_add_char(text, '\n');
}

static void reply_text(struct call *call, struct text *text)
{
    reply_verbatim(call->reply, "txt", text->len > 0 ? text->data : "", text->len);
    text_deinit(text);
}

void cmd_client_info(struct call *call)
{
    struct text text = TEXT_EMPTY;
    client_describe(&text, call->client, call, clock_monotonic_ms());
    text_add_char(&text, '\n');
    reply_text(call, &text);
}

/* ---- CLIENT LIST [TYPE type | ID id ...] ---- */

static enum client_type type_of(const struct client_description *client)
{
    return client->channels + client->patterns + client->shard_channels > 0 ? CLIENT_TYPE_PUBSUB : CLIENT_TYPE_NORMAL;
}

/* Those of one type, or all. */
static void list(struct call *call, bool by_type, enum client_type type)
{
    struct client_list clients;
    struct text text = TEXT_EMPTY;
    if (!client_list_take(&clients, call, NULL, 0))
        return;
    for (size_t i = 0; i < clients.count; i++)
        if (!by_type || type_of(&clients.clients[i]) == type)
            add_line(&text, &clients.clients[i]);
    client_list_release(&clients);
    reply_text(call, &text);
}

/* The numbers from argv[3] on, on the heap; NULL, with the error, when one of them isn't a number. */
static uint64_t *parse_ids(struct call *call)
{
    uint64_t *ids = mem_alloc((size_t)(call->argc - 3) * sizeof *ids);
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!number_parse_i64(call->argv[i].data, call->argv[i].len, &id)) {
            reply_error(call->reply, "ERR Invalid client ID");
            mem_free(ids);
            return NULL;
        }
        ids[i - 3] = (uint64_t)id;
    }
    return ids;
}

static void list_ids(struct call *call)
{
    struct client_list clients;
    struct text text = TEXT_EMPTY;
    size_t count = (size_t)(call->argc - 3);
    uint64_t *ids = parse_ids(call);
    if (ids && client_list_take(&clients, call, ids, count)) {
        for (size_t i = 0; i < count; i++) {
            const struct client_description *found = client_list_find(&clients, ids[i]);
            if (found)
                add_line(&text, found);
        }
        client_list_release(&clients);
        reply_text(call, &text);
    }
    mem_free(ids);
}

void cmd_client_list(struct call *call)
{
    enum client_type type = CLIENT_TYPE_NORMAL;
    if (call->argc > 3 && arg_is(&call->argv[2], "id")) {
        list_ids(call);
    } else if (call->argc == 4 && arg_is(&call->argv[2], "type")) {
        if (!argument_client_type(call, &call->argv[3], &type))
            return;
        list(call, true, type);
    } else if (call->argc == 2) {
        list(call, false, type);
    } else {
        error_syntax(call);
    }
}
