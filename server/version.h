/* The Redis whose commands and replies we follow. Our own version, KVS_VERSION, is the Makefile's. */
#ifndef KVS_VERSION_H
#define KVS_VERSION_H

#define KVS_REDIS_VERSION "7.2.5"
#define KVS_REDIS_VERSION_NUMBER 0x00070205

#endif
