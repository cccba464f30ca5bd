/*
 * A command line that makes no sense: the end of the program.
 */
#ifndef KVS_CLIENT_CORE_USAGE_H
#define KVS_CLIENT_CORE_USAGE_H

/* Says what is wrong in one line on standard error, and exits with EXIT_CODE_USAGE. */
__attribute__((format(printf, 1, 2))) _Noreturn void usage_fail(const char *format, ...);

#endif
