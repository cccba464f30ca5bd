/* Versions: our own, and the Redis whose commands and replies we follow. */
#ifndef KVS_VERSION_H
#define KVS_VERSION_H

#ifndef KVS_VERSION
#define KVS_VERSION "0.1.0"
#endif
#define KVS_REDIS_VERSION "7.2.5"

#endif
