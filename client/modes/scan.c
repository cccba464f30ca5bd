/*
 * A cursor can't be pipelined. But once the cursor is known, the next SCAN goes out before the keys of the last are
 * printed, so that the server works meanwhile.
 */
#include "modes/scan.h"

#include "core/interrupt.h"
#include "core/quoting.h"
#include "output/output.h"
#include "session/session.h"
#include "survey/key_scan.h"

#include <stdio.h>

static void print_keys(const struct reply *keys, bool quoted)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct reply *key = &keys->elements[i];
        if (quoted)
            quoting_write(stdout, key->text, key->length);
        else
            fwrite_unlocked(key->text, 1, key->length, stdout);
        putc_unlocked('\n', stdout);
    }
}

static enum connection_status ask(struct key_scan *scan, struct session *session)
{
    key_scan_append(scan, session_connection(session));
    return connection_flush(session_connection(session));
}

/* Prints the keys of one reply and asks for the next, unless it is the last. With a pause there is nothing to do for
 * the server while it lasts. */
static enum connection_status take_keys(struct key_scan *scan, struct session *session, const struct reply *keys)
{
    const struct options *options = session_options(session);
    bool quoted = options->style.format == FORMAT_HUMAN || options->style.format == FORMAT_TERMINAL;
    bool pauses = options->interval > 0;
    enum connection_status status = CONNECTION_OK;
    if (!key_scan_is_done(scan) && !pauses)
        status = ask(scan, session);
    print_keys(keys, quoted);
    output_flush();
    if (!key_scan_is_done(scan) && pauses) {
        interrupt_sleep(options->interval);
        status = ask(scan, session);
    }
    return status;
}

static enum exit_code print_all(struct key_scan *scan, struct session *session)
{
    enum connection_status status = ask(scan, session);
    if (status != CONNECTION_OK)
        return session_lose(session, status);
    for (;;) {
        struct reply *reply;
        status = session_receive(session, false, &reply);
        if (status != CONNECTION_OK)
            return session_lose(session, status);
        const struct reply *keys;
        enum exit_code code = EXIT_CODE_OK;
        if (key_scan_take(scan, reply, &keys))
            status = take_keys(scan, session, keys);
        else
            code = key_scan_explain(reply);
        reply_destroy(reply);
        if (status != CONNECTION_OK)
            return session_lose(session, status);
        if (code != EXIT_CODE_OK || key_scan_is_done(scan))
            return code;
    }
}

enum exit_code scan_run(const struct options *options)
{
    struct key_scan *scan = key_scan_create(options);
    if (!scan)
        return EXIT_CODE_USAGE;
    struct session *session = session_create(options, SESSION_ONE_SHOT);
    enum exit_code code = session_connect(session);
    if (code == EXIT_CODE_OK)
        code = print_all(scan, session);
    session_destroy(session);
    key_scan_destroy(scan);
    return code;
}
