/*
 * What the screen shows of the server: filled in by sampler.h, drawn by view.h.
 */
#ifndef KVS_CLIENT_TOP_MODEL_H
#define KVS_CLIENT_TOP_MODEL_H

#include "connection/reply.h"
#include "top/client_list.h"
#include "top/command_list.h"
#include "top/probes.h"
#include "top/sample.h"
#include "top/socket_list.h"
#include "top/timeline.h"
#include "top/workers.h"

#include <stdbool.h>

/* One command that is asked again and again. */
struct part {
    bool is_refused;   /* the last answer was an error */
    char refusal[120]; /* that error, printable */
    double retry;      /* when it is asked again; INFINITY: not over this connection */
};

/* Keeps an answer's error. True for any other answer. What the user may not ask is not asked again, lest ACL LOG fill with
 * it; what the state of the server doesn't allow is, soon, and other errors half a minute later. */
bool part_note(struct part *part, const struct reply *reply, double now);

/* Whether an error is the server's state, which another attempt may find changed. */
bool part_error_passes(const struct reply *error);

struct model {
    /* the connection */
    bool is_connected;
    char trouble[200]; /* why not; printable */
    double changed;    /* when it was lost, or made */
    double waiting;    /* since when an answer is awaited; 0: none is */
    bool has_peer;
    long peer_pid; /* by the kernel's word */
    long peer_uid;

    struct part info, client_list, ping;
    char message[200]; /* the latest news; printable */
    unsigned messages; /* how many there have been */

    /* the figures */
    bool has_sample;
    struct sample sample;
    struct rates rates;
    struct timeline *timeline;
    struct probes probes;
    struct workers workers;
    struct command_list commands;
    struct client_list clients;
    struct socket_list sockets;
};

void model_init(struct model *model);
void model_deinit(struct model *model);

/* News for the screen's last line. Bytes that are not printable become '?'. */
__attribute__((format(printf, 2, 3))) void model_tell(struct model *model, const char *format, ...);

#endif
