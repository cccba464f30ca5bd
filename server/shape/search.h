/*
 * Searching runs of records that are single elements (lists) for one of them.
 *
 * Most runs don't have the element, and whoever looks through a long list wants to know that fast: its bytes are looked
 * for wherever they might stand, many places at a time. Only where they are found is the run read element by element.
 */
#ifndef KVS_SHAPE_SEARCH_H
#define KVS_SHAPE_SEARCH_H

#include "shape/element.h"

/*
 * The first element from records up to end that is equal, or with back the last one, and how many are before it; NULL
 * if there is none.
 */
const char *search_run(const char *records, const char *end, const struct element *element, bool back,
                       uint64_t *index_out);

#endif
