#include "engine/call_keys.h"

#include "base/memory.h"
#include "command/call.h"
#include "command/command_table.h"

void call_keys_find(struct call_keys *found, struct call *call)
{
    struct key_ref few_refs[CALL_KEYS_FEW], *refs = few_refs;
    int count = command_keys(call->command, call->argv, call->argc, refs, CALL_KEYS_FEW);
    found->keys = found->few;
    if (count > CALL_KEYS_FEW) {
        refs = mem_alloc((size_t)count * sizeof *refs);
        found->keys = mem_alloc((size_t)count * sizeof *found->keys);
        command_keys(call->command, call->argv, call->argc, refs, count);
    }
    for (int i = 0; i < count; i++) {
        const struct arg *arg = &call->argv[refs[i].position];
        found->keys[i] = key_make(arg->data, arg->len);
    }
    if (refs != few_refs)
        mem_free(refs);
    call->keys = found->keys;
    call->key_count = count < 0 ? 0 : count;
}

void call_keys_deinit(struct call_keys *found)
{
    if (found->keys != found->few)
        mem_free(found->keys);
}
