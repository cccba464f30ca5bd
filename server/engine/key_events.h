/*
 * Keyspace notifications (notify-keyspace-events): what happens to keys is published, on __keyspace@DB__:KEY by the
 * event's name and on __keyevent@DB__:EVENT by the key's.
 *
 * A follower of the keyspace's hooks publishes each event under the lock of its key's shard, so all see a key's events
 * in their order. It is interested in nothing while the directive asks for nothing.
 */
#ifndef KVS_ENGINE_KEY_EVENTS_H
#define KVS_ENGINE_KEY_EVENTS_H

#include "server.h"

/* The configuration has been read, or has changed. Before threads start, or while the world is stopped. */
void key_events_configure(struct server *server);

#endif
