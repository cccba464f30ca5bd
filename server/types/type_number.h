/*
 * The numbers of the types of values, which are Redis's: its digests and files contain them.
 */
#ifndef KVS_TYPES_TYPE_NUMBER_H
#define KVS_TYPES_TYPE_NUMBER_H

enum type_number { TYPE_STRING = 0, TYPE_LIST = 1, TYPE_SET = 2, TYPE_ZSET = 3, TYPE_HASH = 4, TYPE_STREAM = 6 };

#endif
