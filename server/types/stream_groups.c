#include "types/stream_groups.h"

#include "base/panic.h"

/* No command makes a group yet, so nobody calls these. */

void stream_groups_free(struct stream_groups *groups)
{
    panic_unless(!groups);
}

bool stream_groups_are_slow_to_free(const struct stream_groups *groups)
{
    panic_unless(!groups);
    return false;
}

struct stream_groups *stream_groups_copy(const struct stream_groups *groups)
{
    panic_unless(!groups);
    return NULL;
}

size_t stream_groups_memory(const struct stream_groups *groups, size_t samples)
{
    panic_unless(!groups && samples == 0);
    return 0;
}

uint64_t stream_groups_count(const struct stream_groups *groups)
{
    panic_unless(!groups);
    return 0;
}

void stream_groups_forget(struct stream_groups *groups, struct stream_id id)
{
    panic_unless(!groups && id.ms == 0);
}

bool stream_groups_all_acked(const struct stream_groups *groups, struct stream_id id)
{
    panic_unless(!groups && id.ms == 0);
    return true;
}
