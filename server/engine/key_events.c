#include "engine/key_events.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "pubsub/publish.h"
#include "pubsub/registry.h"
#include "store/keyspace.h"

#include <stdio.h>
#include <string.h>

#define ON_KEYSPACE (1u << 0)
#define ON_KEYEVENT (1u << 1)
#define CHANNEL_ROOM 512 /* bytes of a channel that needs no allocation */

static const char classes[] = "g$lshzxetdmn"; /* enum event_class */
#define CLASS_BIT(index) (4u << (index))
#define ALL_CLASSES "g$lshzxetd" /* what A stands for */

static struct {
    uint32_t wanted; /* ON_ and CLASS_BIT; changed while the world is stopped */
    bool follows;
    unsigned follower;
} events;

/* Whether a key that is about to change isn't there; for the next event of it on this thread. */
static __thread struct {
    uint64_t hash;
    int db;
    bool is_absent;
} about_to_change;

static uint32_t class_bit(char letter)
{
    const char *at = strchr(classes, letter);
    return at ? CLASS_BIT(at - classes) : 0;
}

/* ---- publishing ---- */

/* prefix, number and name, such as "__keyspace@", 0 and "key". */
static void publish_on(const char *prefix, int db, struct bytes name, struct bytes message)
{
    char few[CHANNEL_ROOM], *channel = few;
    size_t room = strlen(prefix) + 16 + name.len;
    if (room > sizeof few)
        channel = mem_alloc(room);
    int len = snprintf(channel, sizeof few, "%s%d__:", prefix, db);
    memcpy(channel + len, name.data, name.len);
    struct arg text = {message.data, message.len, NULL};
    struct publishing publishing = {0};
    struct publication publication = {
        .kind = CHANNEL_PLAIN, .channel = {channel, (size_t)len + name.len}, .message = &text, .insists = true};
    publish(&publishing, &publication, INT64_MAX);
    if (channel != few)
        mem_free(channel);
}

static void tell(const struct view *view, const struct key *key, const struct key_event *event)
{
    struct bytes name = {event->name, strlen(event->name)};
    if (registry_count(CHANNEL_PLAIN) + registry_count(CHANNEL_PATTERN) == 0)
        return;
    if (events.wanted & ON_KEYSPACE)
        publish_on("__keyspace@", view->db, key->name, name);
    if (events.wanted & ON_KEYEVENT)
        publish_on("__keyevent@", view->db, name, key->name);
}

/* ---- the follower ---- */

static void before_change(void *context, const struct view *view, const struct key *key, const struct entry *entry)
{
    (void)context;
    if (!key)
        return;
    about_to_change.hash = key->hash;
    about_to_change.db = view->db;
    about_to_change.is_absent = !entry;
}

/* Of a key that comes from another one that has been told already. */
static bool is_new(const struct view *view, const struct key *key, const struct key_event *event)
{
    if (event == &event_rename_to || event == &event_move_to || event == &event_copy_to)
        return false;
    return about_to_change.is_absent && about_to_change.hash == key->hash && about_to_change.db == view->db;
}

static void after_change(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (!key || event->event_class == EVENT_WHOLE)
        return;
    if ((events.wanted & class_bit(EVENT_NEW)) && is_new(view, key, event))
        tell(view, key, &event_new);
    about_to_change.is_absent = false;
    if (events.wanted & class_bit((char)event->event_class))
        tell(view, key, event);
}

static void remark(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (events.wanted & class_bit((char)event->event_class))
        tell(view, key, event);
}

/* ---- the directive ---- */

static uint32_t wanted_by(const char *letters)
{
    uint32_t wanted = 0;
    for (const char *letter = letters; *letter; letter++) {
        if (*letter == 'K')
            wanted |= ON_KEYSPACE;
        else if (*letter == 'E')
            wanted |= ON_KEYEVENT;
        else if (*letter == 'A')
            wanted |= wanted_by(ALL_CLASSES);
        else
            wanted |= class_bit(*letter);
    }
    return wanted;
}

void key_events_configure(struct server *server)
{
    static const struct follower follower = {.before = before_change, .after = after_change, .remark = remark};
    uint32_t wanted = wanted_by(server->config.notify_keyspace_events);
    bool follows = (wanted & (ON_KEYSPACE | ON_KEYEVENT)) && (wanted & ~(ON_KEYSPACE | ON_KEYEVENT));
    events.wanted = wanted;
    if (follows == events.follows)
        return;
    events.follows = follows;
    if (!follows) {
        keyspace_unfollow(server->keyspace, events.follower);
        return;
    }
    events.follower = keyspace_follow(server->keyspace, &follower);
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        keyspace_set_interest(server->keyspace, events.follower, shard, true);
}
