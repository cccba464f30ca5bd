/*
 * The log: one line per event with time, pid and level, to a file or standard output (and to syslog if
 * wanted). Each line is written with one write(2), so threads don't mix lines and a crash loses none in
 * a buffer. Any thread may call; log_open() and log_reopen() exclude each other.
 */
#ifndef KVS_HOST_LOG_H
#define KVS_HOST_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_VERBOSE, LOG_LEVEL_NOTICE, LOG_LEVEL_WARNING, LOG_LEVEL_NOTHING };

/* path "" is standard output. Returns 0, or a negative errno, in which case the old log stays in use. */
int log_open(const char *path);

/*
 * Opens the same path again (after a rotation). A file that isn't there is made, with the mode, owner and group of the
 * old one as far as we may give them. 0, or a negative errno with the old file still in use. Never waits for a pipe's
 * reader.
 */
int log_reopen(void);

/* What has become of the file that is written to. */
enum log_file_state {
    LOG_FILE_NONE,     /* there is none: standard output, a pipe or a device */
    LOG_FILE_THERE,    /* it is at its path */
    LOG_FILE_RENAMED,  /* nothing is at its path, but it has another name */
    LOG_FILE_REMOVED,  /* nothing is at its path, and it has no name: what is written is lost */
    LOG_FILE_REPLACED, /* another file is at its path */
};
enum log_file_state log_file_state(void);

/* The absolute path, to be freed with mem_free(); NULL for LOG_FILE_NONE. */
char *log_file_path(void);

void log_set_level(enum log_level level);
bool log_wants(enum log_level level);

/* Turns copying to syslog on, with this identity (copied) and facility, or off if ident is NULL. */
void log_set_syslog(const char *ident, int facility);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...)                                                                                                 \
    do {                                                                                                               \
        if (log_wants(LOG_LEVEL_DEBUG))                                                                                \
            log_line(LOG_LEVEL_DEBUG, __VA_ARGS__);                                                                    \
    } while (0)
#define log_verbose(...) log_line(LOG_LEVEL_VERBOSE, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)

/* The writer for base/panic.h: logs the line as a warning. */
void log_panic(const char *line);

/* The descriptor in use, for the crash report, which may not allocate or lock. */
int log_fd(void);

#endif
