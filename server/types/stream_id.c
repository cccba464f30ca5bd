#include "types/stream_id.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 127 /* bytes of the longest text that is looked at: Redis's limit */

bool stream_id_increment(struct stream_id *id)
{
    if (id->ms == UINT64_MAX && id->seq == UINT64_MAX)
        return false;
    if (++id->seq == 0)
        id->ms++;
    return true;
}

bool stream_id_decrement(struct stream_id *id)
{
    if (stream_id_is_zero(*id))
        return false;
    if (id->seq-- == 0)
        id->ms--;
    return true;
}

/*
 * Redis takes whatever strtoull() takes as a whole, unless it is a negative number in its canonical form: so "007" and
 * " 7" are 7.
 */
static bool parse_half(const char *text, uint64_t *half_out)
{
    int64_t canonical;
    size_t len = strlen(text);
    if (number_parse_u64(text, len, half_out))
        return true;
    if (len == 0 || number_parse_i64(text, len, &canonical))
        return false;
    char *end;
    errno = 0;
    unsigned long long half = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *half_out = half;
    return true;
}

/* any_seq_out may be NULL: then "*" is no number. Text behind a NUL isn't looked at, as in Redis. */
static bool parse(struct bytes text, uint64_t default_seq, struct stream_id *id_out, bool *any_seq_out)
{
    char copy[TEXT_MAX + 1];
    struct stream_id id = {0, default_seq};
    if (text.len > TEXT_MAX)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    char *dash = strchr(copy, '-');
    if (dash)
        *dash = '\0';
    if (!parse_half(copy, &id.ms))
        return false;
    bool any = any_seq_out && dash && strcmp(dash + 1, "*") == 0;
    if (any)
        id.seq = 0;
    else if (dash && !parse_half(dash + 1, &id.seq))
        return false;
    if (any_seq_out)
        *any_seq_out = any;
    *id_out = id;
    return true;
}

bool stream_id_parse(struct bytes text, uint64_t default_seq, struct stream_id *id_out)
{
    return parse(text, default_seq, id_out, NULL);
}

static bool is_sign(struct bytes text, char sign)
{
    return text.len > 0 && text.data[0] == sign && (text.len == 1 || text.data[1] == '\0');
}

bool stream_id_parse_bound(struct bytes text, uint64_t default_seq, struct stream_id *id_out)
{
    if (is_sign(text, '-'))
        *id_out = STREAM_ID_MIN;
    else if (is_sign(text, '+'))
        *id_out = STREAM_ID_MAX;
    else
        return parse(text, default_seq, id_out, NULL);
    return true;
}

bool stream_id_parse_new(struct bytes text, struct stream_id *id_out, bool *any_seq_out)
{
    return parse(text, 0, id_out, any_seq_out);
}

size_t stream_id_format(char out[STREAM_ID_MAX_LEN], struct stream_id id)
{
    size_t len = number_format_u64(out, id.ms);
    out[len++] = '-';
    return len + number_format_u64(out + len, id.seq);
}
