#include "top/timeline.h"

#include "core/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct timeline {
    size_t total;
    float values[FIGURE_COUNT][TIMELINE_SIZE];
};

struct timeline *timeline_create(void)
{
    return memory_alloc_zeroed(sizeof(struct timeline));
}

void timeline_destroy(struct timeline *timeline)
{
    free(timeline);
}

void timeline_begin(struct timeline *timeline)
{
    size_t slot = timeline->total++ % TIMELINE_SIZE;
    for (int figure = 0; figure < FIGURE_COUNT; figure++)
        timeline->values[figure][slot] = NAN;
}

void timeline_set(struct timeline *timeline, enum figure figure, double value)
{
    if (timeline->total > 0 && fabs(value) < FLT_MAX)
        timeline->values[figure][(timeline->total - 1) % TIMELINE_SIZE] = (float)value;
}

size_t timeline_total(const struct timeline *timeline)
{
    return timeline->total;
}

double timeline_value(const struct timeline *timeline, enum figure figure, size_t age)
{
    if (age >= timeline->total || age >= TIMELINE_SIZE)
        return NAN;
    return timeline->values[figure][(timeline->total - 1 - age) % TIMELINE_SIZE];
}
