#include "clients/output_limit.h"

#include "config/config.h"

static bool soft_limit_reached(const struct output_limit *limit, size_t used, int64_t *soft_since_ms, int64_t now_ms)
{
    if (limit->soft_bytes == 0 || used < limit->soft_bytes) {
        *soft_since_ms = 0;
        return false;
    }
    if (*soft_since_ms == 0)
        *soft_since_ms = now_ms;
    return now_ms - *soft_since_ms > limit->soft_seconds * 1000;
}

bool output_limit_reached(const struct output_limit *limit, size_t used, int64_t *soft_since_ms, int64_t now_ms)
{
    bool hard = limit->hard_bytes > 0 && used >= limit->hard_bytes;
    return hard || soft_limit_reached(limit, used, soft_since_ms, now_ms);
}
