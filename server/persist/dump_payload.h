/*
 * Payloads of DUMP and FUNCTION DUMP: what was dumped, the version of RDB that it is in (two bytes, low one first), and
 * the CRC-64 of both. Any thread.
 */
#ifndef KVS_PERSIST_DUMP_PAYLOAD_H
#define KVS_PERSIST_DUMP_PAYLOAD_H

#include "base/bytes.h"
#include "base/text.h"

#include <stdbool.h>

/* Appends version and checksum. */
void dump_payload_seal(struct text *payload, unsigned version);

/* Checks them and takes them off. False: they are wrong. */
bool dump_payload_open(struct bytes *payload, unsigned *version_out);

#endif
