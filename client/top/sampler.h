/*
 * Asks the server, round after round, and fills in the model. Never waits: sampler_run() reads what has come, sends
 * what is due and returns, so that a slow server does not keep a person from the keyboard. A connection that is lost is
 * made again; what was learned so far stays.
 *
 * A round is INFO, and CLIENT LIST while somebody looks at it. Between rounds PING is timed. Only one of these is under
 * way at a time: a probe never waits behind a round, and a server that does not answer is not sent more.
 */
#ifndef KVS_CLIENT_TOP_SAMPLER_H
#define KVS_CLIENT_TOP_SAMPLER_H

#include "options/options.h"
#include "top/model.h"

#include <stdbool.h>

struct sampler;

/* What sampler_run() changed; a sum of these. */
enum sampler_change {
    CHANGED_ROUND = 1,   /* the figures */
    CHANGED_CLIENTS = 2, /* the list of clients */
    CHANGED_NEWS = 4,    /* the connection, a message */
};

/* Both are borrowed for the sampler's life. Times are those of monotonic_seconds(). */
struct sampler *sampler_create(const struct options *options, struct model *model);
void sampler_destroy(struct sampler *sampler);

/* For poll(2), to be readable; -1 while not connected. */
int sampler_fd(const struct sampler *sampler);

/* Seconds until there is something to do, if nothing comes before. */
double sampler_wait(const struct sampler *sampler, double now);

int sampler_run(struct sampler *sampler, double now);

/* The program was busy or stopped: what is being timed would be timed wrongly. */
void sampler_spoil(struct sampler *sampler);

void sampler_set_interval(struct sampler *sampler, double seconds);
void sampler_set_paused(struct sampler *sampler, bool is_paused);

/*
 * Why a login was refused, printable; NULL: none was. Nothing is sent from then on: it would be done as another user.
 */
const char *sampler_refusal(const struct sampler *sampler);

/* Says whether somebody looks at the clients. */
void sampler_want_clients(struct sampler *sampler, bool is_wanted);

/* Asks the server to drop a client; its answer becomes news (model_tell). */
void sampler_kill(struct sampler *sampler, long long id);

/* Of this connection among the server's clients; 0: not known. */
long long sampler_own_id(const struct sampler *sampler);

#endif
