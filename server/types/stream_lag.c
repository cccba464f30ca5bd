#include "types/stream_lag.h"

/* Whether an entry was deleted from that ID on, among those that are there. */
static bool has_gap_from(const struct stream *stream, struct stream_id id)
{
    struct stream_id deleted = stream->max_deleted_id;
    if (stream_id_is_zero(deleted) || stream->length == 0)
        return false;
    return stream_id_compare(stream_first_id(stream), deleted) <= 0 && stream_id_compare(id, deleted) <= 0;
}

int64_t stream_added_up_to(const struct stream *stream, struct stream_id id)
{
    int64_t added = (int64_t)stream->entries_added;
    int to_last = stream_id_compare(id, stream->last_id);
    if (added == 0 || to_last == 0 || (to_last < 0 && stream->length == 0))
        return added;
    if (to_last > 0)
        return GROUP_READ_UNKNOWN;
    struct stream_id first = stream_first_id(stream);
    int to_first = stream_id_compare(id, first);
    bool has_gap = !stream_id_is_zero(stream->max_deleted_id) && stream_id_compare(stream->max_deleted_id, first) >= 0;
    if (has_gap || to_first > 0)
        return GROUP_READ_UNKNOWN;
    return added - (int64_t)stream->length + (to_first == 0);
}

void stream_lag_advance(const struct stream *stream, struct stream_group *group, struct stream_id id)
{
    if (stream_id_compare(id, group->last_id) <= 0)
        return;
    if (group->entries_read != GROUP_READ_UNKNOWN && !has_gap_from(stream, id))
        group->entries_read++;
    else if (stream->entries_added > 0)
        group->entries_read = stream_added_up_to(stream, id);
    group->last_id = id;
}

bool stream_lag(const struct stream *stream, const struct stream_group *group, int64_t *lag_out)
{
    int64_t read = group->entries_read;
    *lag_out = 0;
    if (stream->entries_added == 0)
        return true;
    if (read == GROUP_READ_UNKNOWN || has_gap_from(stream, group->last_id))
        read = stream_added_up_to(stream, group->last_id);
    *lag_out = (int64_t)stream->entries_added - read;
    return read != GROUP_READ_UNKNOWN;
}
