/* A small program on hiredis, as users write them: blocking calls, pipelines and the asynchronous interface.
 *
 * usage: hiredis_client SOCKET. Prints "ok - claim" or "not ok - claim" for each test; exits with 1 when one failed.
 * The asynchronous part brings its own event loop on poll(2), one connection at a time.
 */
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIPELINE_LENGTH = 20000, ASYNC_LENGTH = 10000, BIG_SIZE = 5 * 1024 * 1024 };

static int failures;

static void claim(bool holds, const char *what)
{
    printf("%s - hiredis: %s\n", holds ? "ok" : "not ok", what);
    failures += !holds;
}

/* Runs one command and checks a string, status or error reply, or the integer when text is NULL. */
static bool answers(redisContext *c, int type, const char *text, long long integer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(c, format, arguments);
    va_end(arguments);
    if (!reply) {
        printf("# no reply to %s: %s\n", format, c->errstr);
        return false;
    }
    bool right = reply->type == type;
    if (right && text)
        right = reply->len == strlen(text) && memcmp(reply->str, text, reply->len) == 0;
    if (right && type == REDIS_REPLY_INTEGER)
        right = reply->integer == integer;
    if (!right)
        printf("# %s gave type %d: %s %lld\n", format, reply->type, reply->str ? reply->str : "", reply->integer);
    freeReplyObject(reply);
    return right;
}

static void test_blocking_calls(redisContext *c)
{
    claim(answers(c, REDIS_REPLY_STATUS, "PONG", 0, "PING"), "PING answers PONG");
    claim(answers(c, REDIS_REPLY_STATUS, "OK", 0, "SET %s %s", "greeting", "hello world"), "SET answers OK");
    claim(answers(c, REDIS_REPLY_STRING, "hello world", 0, "GET greeting"), "GET gives the value back");
    claim(answers(c, REDIS_REPLY_NIL, NULL, 0, "GET nothing-here"), "GET of an absent key is nil");
    claim(answers(c, REDIS_REPLY_INTEGER, NULL, 11, "APPEND counter %s", "10000000000"), "APPEND gives the length");
    claim(answers(c, REDIS_REPLY_INTEGER, NULL, 10000000001LL, "INCR counter"), "INCR counts past 32 bits");
    claim(answers(c, REDIS_REPLY_ERROR, "ERR value is not an integer or out of range", 0, "INCR greeting"),
          "INCR of a text is an error reply");
    claim(answers(c, REDIS_REPLY_INTEGER, NULL, 2, "DEL greeting counter nothing-here"), "DEL counts the removed keys");
}

static void test_binary_safety(redisContext *c)
{
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    redisReply *reply = redisCommand(c, "SET %b %b", bytes, sizeof bytes, bytes, sizeof bytes);
    freeReplyObject(reply);
    reply = redisCommand(c, "GET %b", bytes, sizeof bytes);
    claim(reply && reply->type == REDIS_REPLY_STRING && reply->len == sizeof bytes &&
              memcmp(reply->str, bytes, sizeof bytes) == 0,
          "keys and values hold every byte");
    freeReplyObject(reply);

    char *big = malloc(BIG_SIZE);
    memset(big, 'x', BIG_SIZE);
    freeReplyObject(redisCommand(c, "SET big %b", big, (size_t)BIG_SIZE));
    reply = redisCommand(c, "GET big");
    claim(reply && reply->len == BIG_SIZE && memcmp(reply->str, big, BIG_SIZE) == 0, "5 MiB come back unchanged");
    freeReplyObject(reply);
    freeReplyObject(redisCommand(c, "DEL big"));
    free(big);
}

static void test_pipeline(redisContext *c)
{
    for (int i = 0; i < PIPELINE_LENGTH; i++) {
        redisAppendCommand(c, "SET pipe:%d %d", i % 100, i);
        redisAppendCommand(c, "GET pipe:%d", i % 100);
    }
    bool in_order = true;
    for (int i = 0; i < PIPELINE_LENGTH; i++) {
        redisReply *status = NULL, *value = NULL;
        if (redisGetReply(c, (void **)&status) != REDIS_OK || redisGetReply(c, (void **)&value) != REDIS_OK) {
            in_order = false;
            break;
        }
        in_order = in_order && status->type == REDIS_REPLY_STATUS && value->str && atoi(value->str) == i;
        freeReplyObject(status);
        freeReplyObject(value);
    }
    claim(in_order, "a pipeline of 40,000 commands is answered in order");
}

static void test_arrays(redisContext *c)
{
    freeReplyObject(redisCommand(c, "MSET a 1 b 2"));
    redisReply *reply = redisCommand(c, "MGET a nothing-here b");
    claim(reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
              strcmp(reply->element[0]->str, "1") == 0 && reply->element[1]->type == REDIS_REPLY_NIL &&
              strcmp(reply->element[2]->str, "2") == 0,
          "MGET gives an array with nil for the absent");
    freeReplyObject(reply);
    reply = redisCommand(c, "COMMAND INFO get nothing");
    claim(reply && reply->elements == 2 && reply->element[0]->elements >= 6 &&
              reply->element[1]->type == REDIS_REPLY_NIL,
          "nested arrays arrive whole");
    freeReplyObject(reply);
}

static void test_resp3(const char *path)
{
#if HIREDIS_MAJOR >= 1
    redisContext *c = redisConnectUnix(path);
    redisReply *reply = redisCommand(c, "HELLO 3");
    claim(reply && reply->type == REDIS_REPLY_MAP, "HELLO 3 answers with a map");
    freeReplyObject(reply);
    redisFree(c);
#else
    (void)path; /* before 1.0 hiredis knows RESP2 only */
#endif
}

/* ---- the asynchronous interface on poll(2) ---- */

struct loop {
    bool wants_read, wants_write, done;
    long answered;
    bool in_order;
};

static void want_read(void *loop)
{
    ((struct loop *)loop)->wants_read = true;
}

static void leave_read(void *loop)
{
    ((struct loop *)loop)->wants_read = false;
}

static void want_write(void *loop)
{
    ((struct loop *)loop)->wants_write = true;
}

static void leave_write(void *loop)
{
    ((struct loop *)loop)->wants_write = false;
}

static void clean_up(void *loop)
{
    ((struct loop *)loop)->wants_read = ((struct loop *)loop)->wants_write = false;
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    (void)status;
    ((struct loop *)ac->ev.data)->done = true;
}

static void on_reply(redisAsyncContext *ac, void *answer, void *expected)
{
    struct loop *loop = ac->ev.data;
    redisReply *reply = answer;
    if (!reply || reply->type != REDIS_REPLY_INTEGER || reply->integer != (long)expected)
        loop->in_order = false;
    loop->answered++;
    if (loop->answered == ASYNC_LENGTH)
        redisAsyncDisconnect(ac);
}

static void test_async(const char *path)
{
    struct loop loop = {.in_order = true};
    redisAsyncContext *ac = redisAsyncConnectUnix(path);
    if (!ac || ac->err) {
        claim(false, "the asynchronous interface connects");
        return;
    }
    ac->ev.data = &loop;
    ac->ev.addRead = want_read;
    ac->ev.delRead = leave_read;
    ac->ev.addWrite = want_write;
    ac->ev.delWrite = leave_write;
    ac->ev.cleanup = clean_up;
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    int fd = ac->c.fd;
    redisAsyncCommand(ac, NULL, NULL, "DEL async-counter");
    for (long i = 1; i <= ASYNC_LENGTH; i++)
        redisAsyncCommand(ac, on_reply, (void *)i, "INCR async-counter");
    want_write(&loop);
    while (!loop.done) {
        struct pollfd entry = {.fd = fd, .events = (loop.wants_read ? POLLIN : 0) | (loop.wants_write ? POLLOUT : 0)};
        if (poll(&entry, 1, 10000) <= 0)
            break;
        if (entry.revents & (POLLIN | POLLHUP | POLLERR))
            redisAsyncHandleRead(ac);
        if (!loop.done && (entry.revents & POLLOUT))
            redisAsyncHandleWrite(ac);
    }
    claim(loop.done && loop.answered == ASYNC_LENGTH && loop.in_order,
          "10,000 asynchronous INCR are answered in order");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
        return 2;
    }
    redisContext *c = redisConnectUnix(argv[1]);
    if (!c || c->err) {
        fprintf(stderr, "%s: cannot connect to %s: %s\n", argv[0], argv[1], c ? c->errstr : "out of memory");
        return 1;
    }
    test_blocking_calls(c);
    test_binary_safety(c);
    test_pipeline(c);
    test_arrays(c);
    redisFree(c);
    test_resp3(argv[1]);
    test_async(argv[1]);
    return failures ? 1 : 0;
}
