/*
 * FIELDS numfields field [field ...]: the end of the commands about fields of a hash and their times.
 */
#ifndef KVS_HANDLERS_FIELD_LIST_H
#define KVS_HANDLERS_FIELD_LIST_H

#include "base/bytes.h"
#include "command/call.h"
#include "handlers/expiry_time.h"

#include <stdbool.h>
#include <stdint.h>

struct field_list {
    const struct arg *fields; /* in the request; where each has a value, that follows it */
    int count, step;
};

/*
 * FIELDS stands at argv[at] and its fields are the rest of the request. False, with the error, if that isn't so;
 * message is that for a number which is none.
 */
bool field_list_read(struct call *call, int at, const char *message, struct field_list *list_out);

static inline const struct arg *field_list_at(const struct field_list *list, int i)
{
    return &list->fields[i * list->step];
}

/* A time as expiry_time_read(); false, with the error, if it is none that a field can have. */
bool field_time_read(struct call *call, const struct arg *arg, enum time_unit unit, enum time_origin origin,
                     int64_t *wall_ms_out);

/* ---- what was done to fields, if anybody wants to know (engine/effect.h) ---- */

struct field_effect {
    struct bytes *words; /* NULL: nobody does */
    unsigned count;
};

/* Of at most so many fields; a command whose words are none of the three below says nothing. */
void field_effect_begin(struct field_effect *effect, int fields);
void field_effect_add(struct field_effect *effect, struct bytes word);

/* Says HPEXPIREAT of the fields that were added, or HPERSIST with ENTRY_NO_EXPIRY; or HDEL. Frees the effect. */
void field_effect_say_time(struct field_effect *effect, struct call *call, int64_t expire_ms);
void field_effect_say_deletion(struct field_effect *effect, struct call *call);

#endif
