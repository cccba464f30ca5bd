/*
 * Clients in words: the line that CLIENT LIST, CLIENT INFO and the log show of each.
 */
#ifndef KVS_ENGINE_CLIENT_DESCRIPTION_H
#define KVS_ENGINE_CLIENT_DESCRIPTION_H

#include <stdint.h>

struct call;
struct client;
struct text;

/*
 * Adds the line, without its end. By the client's worker or while the world is stopped. running is the call
 * on whose behalf this is, whose arguments count as its own client's input; NULL outside of calls. now_ms is
 * wall time.
 */
void client_describe(struct text *text, const struct client *client, const struct call *running, int64_t now_ms);

#endif
