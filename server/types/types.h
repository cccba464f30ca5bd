/*
 * Registers all types of values with the store.
 */
#ifndef KVS_TYPES_TYPES_H
#define KVS_TYPES_TYPES_H

/* Before threads start; a second call does nothing. */
void types_register(void);

#endif
