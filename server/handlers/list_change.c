#include "handlers/list_change.h"

#include "handlers/elements.h"
#include "server.h"

const struct key_event event_list_push[] = {{"lpush", EVENT_LIST, 1}, {"rpush", EVENT_LIST, 1}};
const struct key_event event_list_pop[] = {{"lpop", EVENT_LIST, 1}, {"rpop", EVENT_LIST, 1}};

void list_end(struct change *change, const struct key_event *event, uint64_t changes)
{
    list_settle(&change->collection, change->call->server->config.list_max_listpack_size);
    change_end(change, event, changes);
}

void list_reply(struct call *call, const struct collection *list, uint64_t index, uint64_t count, bool back)
{
    struct collection_place place;
    reply_array(call->reply, count);
    bool more = count > 0 && collection_at(list, index, &place);
    while (more && !back && !reply_is_over(call->reply)) {
        const char *end, *run = collection_run(list, &place, &end);
        reply_element_run(call->reply, run, end, &count);
        more = count > 0 && collection_next_run(list, &place);
    }
    while (more && !reply_is_over(call->reply)) {
        reply_element(call->reply, place.record);
        more = --count > 0 && (back ? collection_previous(list, &place) : collection_next(list, &place));
    }
}
