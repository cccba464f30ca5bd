#include "clients/attention.h"

struct attention_line attention_line;

void attention_set(enum attention bit, bool on)
{
    if (attention_has(bit) == on)
        return;
    if (on)
        atomic_fetch_or_explicit(&attention_line.bits, bit, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&attention_line.bits, ~(uint32_t)bit, memory_order_relaxed);
}
