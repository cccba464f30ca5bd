/*
 * The log.
 *
 * Writers take no lock: they load the descriptor and write one line to it. So that reopening can't close
 * the descriptor under them, the log file has one descriptor for the life of the process: a new file is
 * opened and duplicated over it, which the kernel does atomically.
 */
#include "host/log.h"

#include "base/clock.h"
#include "base/memory.h"
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Bytes; longer lines are cut. A line is made on the stack, because the process may be out of memory. */
enum { LINE_MAX_LEN = 4096 };

/* Relaxed throughout: a line that is written during a change may go either way. */
static atomic_int current_fd = STDOUT_FILENO;
static atomic_int current_level = LOG_LEVEL_NOTICE;
static atomic_bool to_syslog;

/* Guards what follows, for those that open or reopen the log or turn syslog on. Writers never take it. */
static pthread_mutex_t setup_lock = PTHREAD_MUTEX_INITIALIZER;
static int file_fd = -1; /* the log file's descriptor, -1 until there is one */
static char *file_path;  /* absolute; NULL for standard output */
static char *syslog_ident;

/* ---- opening ---- */

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY)

/* Whether the log is an ordinary file; *found_out is what fstat(2) says of it. */
static bool is_file(struct stat *found_out)
{
    return file_path && fstat(file_fd, found_out) == 0 && S_ISREG(found_out->st_mode);
}

/* Gives a file that was just made the old one's mode, owner and group. A group that it can't have loses its rights. */
static void make_alike(int fd, const struct stat *old)
{
    struct stat made;
    mode_t mode = old->st_mode & 07777;
    if (fchown(fd, old->st_uid, (gid_t)-1)) {
        /* it stays ours, as only root may give a file away */
    }
    if (fchown(fd, (uid_t)-1, old->st_gid) && (fstat(fd, &made) || made.st_gid != old->st_gid))
        mode &= ~(mode_t)S_IRWXG;
    (void)fchmod(fd, mode);
}

/* Makes the file that isn't at path. A descriptor; -1 and errno. */
static int make_file(const char *path, const struct stat *old)
{
    struct stat found;
    int fd = open(path, OPEN_FLAGS | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST) {
        bool is_link = lstat(path, &found) == 0 && S_ISLNK(found.st_mode);
        if (!is_link) /* somebody has just made it, and knows which mode it is to have */
            return open(path, OPEN_FLAGS | O_NONBLOCK);
        fd = open(path, OPEN_FLAGS | O_NONBLOCK | O_CREAT, S_IRUSR | S_IWUSR);
    }
    if (fd >= 0)
        make_alike(fd, old);
    return fd;
}

/* Opens what is at the path by now, without waiting for anybody. A descriptor; -1 and errno. setup_lock is held. */
static int open_again_locked(void)
{
    struct stat old;
    int fd = open(file_path, OPEN_FLAGS | O_NONBLOCK);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    return is_file(&old) ? make_file(file_path, &old) : open(file_path, OPEN_FLAGS | O_CREAT, process_file_mode(0644));
}

/*
 * Makes file_fd refer to what was opened, or to nothing new if that is -1. 0 or a negative errno. setup_lock is held.
 */
static int use_locked(int fd)
{
    if (fd < 0)
        return -errno;
    fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK); /* a pipe that nobody reads from holds up nobody */
    if (file_fd < 0) {
        file_fd = fd;
        return 0;
    }
    int error = dup3(fd, file_fd, O_CLOEXEC) < 0 ? -errno : 0;
    close(fd);
    return error;
}

/* A new string: the working directory may change later. */
static char *absolute(const char *path)
{
    char *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    if (!folder)
        return mem_strdup(path);
    size_t size = strlen(folder) + strlen(path) + 2;
    char *whole = mem_alloc(size);
    snprintf(whole, size, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
    free(folder);
    return whole;
}

int log_open(const char *path)
{
    int error = 0;
    pthread_mutex_lock(&setup_lock);
    bool names_file = path[0] != '\0';
    if (names_file)
        error = use_locked(open(path, OPEN_FLAGS | O_CREAT, process_file_mode(0644)));
    if (error == 0) {
        char *old_path = file_path;
        file_path = names_file ? absolute(path) : NULL;
        mem_free(old_path); /* last, since path may be the old one */
        atomic_store_explicit(&current_fd, names_file ? file_fd : STDOUT_FILENO, memory_order_relaxed);
    }
    pthread_mutex_unlock(&setup_lock);
    return error;
}

int log_reopen(void)
{
    pthread_mutex_lock(&setup_lock);
    int error = file_path ? use_locked(open_again_locked()) : 0;
    pthread_mutex_unlock(&setup_lock);
    return error;
}

static enum log_file_state state_locked(void)
{
    struct stat used, found;
    if (!is_file(&used))
        return LOG_FILE_NONE;
    if (stat(file_path, &found) == 0)
        return found.st_dev == used.st_dev && found.st_ino == used.st_ino ? LOG_FILE_THERE : LOG_FILE_REPLACED;
    if (errno != ENOENT && errno != ENOTDIR)
        return LOG_FILE_THERE; /* we can't know */
    return used.st_nlink > 0 ? LOG_FILE_RENAMED : LOG_FILE_REMOVED;
}

enum log_file_state log_file_state(void)
{
    pthread_mutex_lock(&setup_lock);
    enum log_file_state state = state_locked();
    pthread_mutex_unlock(&setup_lock);
    return state;
}

char *log_file_path(void)
{
    struct stat used;
    pthread_mutex_lock(&setup_lock);
    char *path = is_file(&used) ? mem_strdup(file_path) : NULL;
    pthread_mutex_unlock(&setup_lock);
    return path;
}

int log_fd(void)
{
    return atomic_load_explicit(&current_fd, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool log_wants(enum log_level level)
{
    return level < LOG_LEVEL_NOTHING && (int)level >= atomic_load_explicit(&current_level, memory_order_relaxed);
}

void log_set_syslog(const char *ident, int facility)
{
    pthread_mutex_lock(&setup_lock);
    char *old_ident = syslog_ident;
    syslog_ident = ident ? mem_strdup(ident) : NULL;
    /* openlog() keeps the pointer, and changes it under syslog's own lock: once it has returned, nobody
     * reads the old name. */
    if (ident)
        openlog(syslog_ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
    else
        openlog(NULL, LOG_PID, facility);
    mem_free(old_ident);
    atomic_store_explicit(&to_syslog, ident != NULL, memory_order_relaxed);
    pthread_mutex_unlock(&setup_lock);
}

/* "PID:M 21 Nov 2026 20:34:52.123 * "; returns its length. */
static size_t format_head(char *out, size_t room, enum log_level level)
{
    int64_t now_ms = clock_wall_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    char date[64];
    strftime(date, sizeof date, "%d %b %Y %H:%M:%S", &local);
    return (size_t)snprintf(out, room, "%d:M %s.%03d %c ", (int)getpid(), date, (int)(now_ms % 1000), ".-*#"[level]);
}

static void write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* a full disk must not stop the server */
        data += written;
        len -= (size_t)written;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    if (!log_wants(level))
        return;
    int saved_errno = errno;
    char line[LINE_MAX_LEN];
    size_t head_len = format_head(line, sizeof line, level);
    size_t room = sizeof line - head_len - 1; /* without the line end */
    va_list args;
    va_start(args, format);
    errno = saved_errno; /* for %m */
    int wanted = vsnprintf(line + head_len, room, format, args);
    va_end(args);
    size_t message_len = wanted < 0 ? 0 : (size_t)wanted < room ? (size_t)wanted : room - 1;
    if (atomic_load_explicit(&to_syslog, memory_order_relaxed)) {
        static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
        syslog(priorities[level], "%s", line + head_len);
    }
    line[head_len + message_len] = '\n';
    write_all(log_fd(), line, head_len + message_len + 1);
    errno = saved_errno;
}

void log_panic(const char *line)
{
    log_warning("%s", line);
}
