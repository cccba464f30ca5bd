/*
 * Saving: when snapshots are made, and what became of them (persist/snapshot.h).
 *
 * One is made at a time, by a thread of its own, into dbfilename in the working directory. A failure leaves the old file
 * as it was; it says so in the log, and may stop writes.
 */
#ifndef KVS_ENGINE_SAVING_H
#define KVS_ENGINE_SAVING_H

#include <stdbool.h>
#include <stdint.h>

struct gate_member;
struct server;

/* Begins one. World stopped. False: it couldn't be begun, or one is being made already; the log says why. */
bool saving_begin(struct server *server);

/* Has one begun soon, by the main thread. Any thread. */
void saving_ask(void);

/* Has the one that is being made end soon, without a file; that is no failure. World stopped. */
void saving_cancel(void);

/* ---- what is known of it; any thread ---- */

bool saving_runs(void);

/* Changes of the data set that the file doesn't have. Inside the gate. */
uint64_t saving_changes(const struct server *server);

/* Whether the last snapshot failed although some are asked for, and so writes are to be refused. Inside the gate. */
bool saving_stops_writes(const struct server *server);

struct saving_report {
    int64_t last_s;       /* when the last one that succeeded ended, or the server started; wall */
    int64_t last_took_s;  /* the last one; -1: there is none */
    int64_t began_s;      /* the one that is being made; wall; -1: none is */
    uint64_t entries, of; /* of it: kept so far, and all of them about */
    uint64_t number;      /* of the latest that was begun, */
    uint64_t last_done;   /* and of the latest that succeeded; 0: none has */
    uint64_t saves;       /* that succeeded, since the start */
    bool failed;          /* the last one */
};
struct saving_report saving_report(void); /* inside the gate */

/* ---- by the main thread ---- */

/* At start, when the data set is as in the file. */
void saving_init(const struct server *server);

/* Makes one if the directive save or somebody asks for it, and one can be begun just now. Outside the gate, often. */
void saving_look(struct server *server, struct gate_member *gate);

/* Ends the one that is being made, without a file. Outside the gate. */
void saving_give_up(void);

/* When no other thread is left that uses the keyspace: saves all of it. False: the log says why not. */
bool saving_at_end(struct server *server);

#endif
