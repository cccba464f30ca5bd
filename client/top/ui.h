/*
 * What a person has asked the screen to show, and how keys change it.
 */
#ifndef KVS_CLIENT_TOP_UI_H
#define KVS_CLIENT_TOP_UI_H

#include "top/model.h"
#include "top/sampler.h"
#include "top/table.h"

#include <stdbool.h>
#include <stddef.h>

enum view {
    VIEW_OVERVIEW,
    VIEW_COMMANDS,
    VIEW_CLIENTS,
    VIEW_SOCKETS,
    VIEW_WORKERS,
    VIEW_COUNT,
};

enum input {
    INPUT_KEYS,
    INPUT_FILTER, /* characters go to the filter */
    INPUT_KILL,   /* yes or no */
};

struct ui {
    enum view view;
    bool shows_help, is_paused;
    double interval; /* seconds between rounds */
    size_t step;     /* rounds that a bar of the plots stands for */

    enum input input;
    char filter[48], former_filter[48];
    long long victim; /* of INPUT_KILL */
    char victim_text[96];

    struct table commands, clients, sockets;
    struct table *focus; /* the one that keys move; NULL: none. By the layout of the last frame */

    unsigned messages_seen; /* of the model's */
    double message_until;
};

void ui_init(struct ui *ui, double interval);
void ui_deinit(struct ui *ui);

/* After the sampler changed the model: a sum of enum sampler_change. */
void ui_follow(struct ui *ui, struct model *model, int changes, double now);

/* What a key asks for. False: to leave. */
bool ui_take_key(struct ui *ui, struct model *model, struct sampler *sampler, int key);

#endif
