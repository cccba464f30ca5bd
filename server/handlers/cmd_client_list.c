/* CLIENT LIST and CLIENT INFO. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "command/call.h"
#include "command/client_arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/client_description.h"
#include "engine/clients.h"

static void add_line(struct text *text, const struct client *client, const struct call *call, int64_t now_ms)
{
    client_describe(text, client, call, now_ms);
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
    add_line(&text, call->client, call, clock_wall_ms());
    reply_text(call, &text);
}

/* ---- CLIENT LIST [TYPE type | ID id ...] ---- */

static void list_all(struct call *call)
{
    size_t count;
    int64_t now_ms = clock_wall_ms();
    struct text text = TEXT_EMPTY;
    struct client **clients = clients_all(&count);
    for (size_t i = 0; i < count; i++)
        add_line(&text, clients[i], call, now_ms);
    mem_free(clients);
    reply_text(call, &text);
}

/* clients are in the order of their numbers. */
static struct client *find_in(struct client **clients, size_t count, uint64_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (clients[middle]->conn.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && clients[low]->conn.id == id ? clients[low] : NULL;
}

static void list_ids(struct call *call)
{
    size_t count;
    int64_t now_ms = clock_wall_ms();
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!number_parse_i64(call->argv[i].data, call->argv[i].len, &id)) {
            reply_error(call->reply, "ERR Invalid client ID");
            return;
        }
    }
    struct text text = TEXT_EMPTY;
    struct client **clients = clients_all(&count);
    for (int i = 3; i < call->argc; i++) {
        int64_t id = 0;
        number_parse_i64(call->argv[i].data, call->argv[i].len, &id);
        struct client *client = find_in(clients, count, (uint64_t)id);
        if (client)
            add_line(&text, client, call, now_ms);
    }
    mem_free(clients);
    reply_text(call, &text);
}

void cmd_client_list(struct call *call)
{
    enum client_type type = CLIENT_TYPE_NORMAL;
    if (call->argc > 3 && arg_is(&call->argv[2], "id")) {
        list_ids(call);
    } else if (call->argc == 4 && arg_is(&call->argv[2], "type")) {
        if (!argument_client_type(call, &call->argv[3], &type))
            return;
        if (type == CLIENT_TYPE_NORMAL)
            list_all(call);
        else
            reply_text(call, &TEXT_EMPTY);
    } else if (call->argc == 2) {
        list_all(call);
    } else {
        error_syntax(call);
    }
}
