/*
 * The keys of a call that runs by itself: a few fit on the stack of who calls it.
 */
#ifndef KVS_ENGINE_CALL_KEYS_H
#define KVS_ENGINE_CALL_KEYS_H

#include "store/key.h"

struct call;

#define CALL_KEYS_FEW 8

struct call_keys {
    struct key *keys;
    struct key few[CALL_KEYS_FEW];
};

/* Finds and hashes the keys of the call's arguments, and gives them to the call until call_keys_deinit(). */
void call_keys_find(struct call_keys *found, struct call *call);
void call_keys_deinit(struct call_keys *found);

#endif
