/*
 * The kit of integration tests: real servers, real connections.
 *
 * A kit_server is a kvs-server process (KVS_SERVER, default build/kvs-server) in a folder of its own. kit_start()
 * returns once it answers; kit_stop() ends it gracefully and fails the test unless it ended well: status 0, socket file
 * gone, no sanitizer's report. Whatever goes wrong in the kit fails the running test with a message that says what.
 *
 * Replies are compared as text. A reply is written as
 *     +OK   -ERR message   :12   $bulk   nil   [:1 $two nil [+nested]]
 * with bytes outside printable ASCII (and the backslash) as \xNN. An expectation that ends in "..." matches any rest.
 *
 * One thread uses a connection at a time. hiredis 0.14 knows RESP2 only: RESP3 is tested with the raw functions.
 */
#ifndef KVS_KIT_KIT_H
#define KVS_KIT_KIT_H

#include "kit/scratch.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kit_server {
    pid_t pid;    /* 0 when it isn't running */
    char *folder; /* its working directory */
    char *socket; /* folder/kvs.sock, unless the arguments say otherwise: -s PATH, or -s "" and --listen PATH */
    char *log;    /* folder/log: what it writes to standard output and standard error */
    char **args;
    struct kit_server *next;
};

/* A test case whose tests find no servers left over, and with time enough. Use it instead of tcase_create(). */
TCase *kit_tcase(const char *name);

/* ---- servers ---- */

/*
 * kit_start(): as it comes. kit_start("--threads", "2"): with further arguments. Standing arguments are the socket, the
 * folder, four threads, DEBUG allowed and a short end; later ones win. A configuration file may be the first of the
 * further ones.
 */
#define kit_start(...) kit_start_args((const char *const[]){NULL, ##__VA_ARGS__, NULL} + 1)
struct kit_server *kit_start_args(const char *const *args);

/* The same folder and arguments again, after a kill or an end. */
void kit_start_again(struct kit_server *server);
void kit_start_loading(struct kit_server *server); /* and returns while it still loads its data set */

void kit_stop(struct kit_server *server);               /* SIGTERM, everything checked, freed */
void kit_kill(struct kit_server *server);               /* SIGKILL; the folder stays */
void kit_signal(struct kit_server *server, int signal); /* and goes on */
int kit_wait(struct kit_server *server);                /* until it has ended; the status as waitpid() has it */
void kit_discard(struct kit_server *server);            /* kills if need be, removes the folder, frees */
char *kit_read_log(const struct kit_server *server);    /* to be free()d */
void kit_await_log(const struct kit_server *server, const char *expected); /* until the log holds it */

/* The path of the server to test, for tests that start it themselves. */
const char *kit_program(void);

/* A server that is to end by itself (an error in its arguments, --version): its exit status and all it wrote. */
#define kit_run(output_out, ...) kit_run_args(output_out, (const char *const[]){NULL, ##__VA_ARGS__, NULL} + 1)
int kit_run_args(char **output_out, const char *const *further);

/* ---- connections of hiredis ---- */
redisContext *kit_connect(const struct kit_server *server);
redisContext *kit_connect_to(const char *path);

/* Sends one command and returns its reply, never NULL: to be freed with freeReplyObject(). */
#define kit_command(context, ...) kit_command_args(context, (const char *const[]){__VA_ARGS__, NULL})
redisReply *kit_command_args(redisContext *context, const char *const *args);

/* kit_expect(context, "+OK", "SET", "key", "value") */
#define kit_expect(context, expected, ...)                                                                             \
    kit_expect_at(__FILE__, __LINE__, context, expected, (const char *const[]){__VA_ARGS__, NULL})
void kit_expect_at(const char *file, int line, redisContext *context, const char *expected, const char *const *args);

/* The same for a reply that is there, which is freed, and for the next one to what redisAppendCommand() sent. */
#define kit_expect_reply(reply, expected) kit_expect_reply_at(__FILE__, __LINE__, reply, expected)
void kit_expect_reply_at(const char *file, int line, redisReply *reply, const char *expected);
#define kit_expect_next(context, expected) kit_expect_next_at(__FILE__, __LINE__, context, expected)
void kit_expect_next_at(const char *file, int line, redisContext *context, const char *expected);

/* The reply in the notation above, to be free()d. */
char *kit_reply_text(const redisReply *reply);

/* Replies of type integer; a field of INFO, 0 where there is none; strings to be free()d. */
#define kit_integer(context, ...) kit_integer_args(context, (const char *const[]){__VA_ARGS__, NULL})
long long kit_integer_args(redisContext *context, const char *const *args);
char *kit_info_text(redisContext *context, const char *field);
long long kit_info(redisContext *context, const char *field);

/*
 * Runs work in count threads at once, each with a connection of its own, and waits for all. The index tells them apart
 * and serves as the stream of dice_create().
 */
typedef void kit_work(redisContext *context, unsigned index, void *data);
void kit_parallel(const struct kit_server *server, unsigned count, kit_work *work, void *data);

/* ---- raw connections: bytes as they are ---- */
int kit_raw_connect(const struct kit_server *server);
void kit_raw_send(int fd, const void *data, size_t len);
void kit_raw_text(int fd, const char *sent);
void kit_raw_receive(int fd, void *data, size_t len); /* just so many */
#define kit_raw_expect(fd, expected) kit_raw_expect_at(__FILE__, __LINE__, fd, expected, sizeof(expected) - 1)
void kit_raw_expect_at(const char *file, int line, int fd, const char *expected,
                       size_t len);                           /* just these bytes come next */
void kit_raw_expect_end(int fd);                              /* nothing more comes: closed or reset by the server */
void kit_raw_await_taken(int fd);                             /* until the server has read all that was sent */
size_t kit_raw_receive_line(int fd, char *line, size_t size); /* up to and without CR LF; NUL-terminated */

int64_t kit_now_ms(void); /* of a clock that only goes forward */

/* Polls until condition(data) holds; fails the test with what after a long while. For what announces itself nowhere. */
void kit_await(bool (*condition)(void *data), void *data, const char *what);

#endif
