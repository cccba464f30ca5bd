/*
 * Payloads of DUMP and FUNCTION DUMP: what was dumped, the version of RDB that it is in (two bytes, low one first), and
 * the CRC-64 of both. Any thread.
 */
#ifndef KVS_PERSIST_DUMP_PAYLOAD_H
#define KVS_PERSIST_DUMP_PAYLOAD_H

#include "base/bytes.h"
#include "base/text.h"

#include <stdbool.h>

#define DUMP_VERSION 10      /* of RDB, as written: Redis 7.0 reads it */
#define DUMP_VERSION_READ 12 /* up to which it is read: Redis 7.4 */

/* Appends version and checksum. */
void dump_payload_seal(struct text *payload);

/* Checks them and takes them off. False: they are wrong. */
bool dump_payload_open(struct bytes *payload);

#endif
