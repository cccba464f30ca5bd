#include "modes/copy_side.h"

#include <stdio.h>
#include <string.h>

enum exit_code copy_side_ask(struct copy_side *side, const char *const *words, struct reply **reply_out)
{
    struct arguments arguments = {0};
    for (; *words; words++)
        arguments_append(&arguments, *words, strlen(*words));
    enum connection_status status = connection_send(session_connection(side->session), &arguments);
    arguments_deinit(&arguments);
    if (status == CONNECTION_OK)
        status = session_receive(side->session, false, reply_out);
    if (status == CONNECTION_OK)
        return EXIT_CODE_OK;
    if (status == CONNECTION_INTERRUPTED)
        return EXIT_CODE_INTERRUPTED;
    copy_side_tell_loss(side, status);
    return EXIT_CODE_NO_CONNECTION;
}

enum exit_code copy_side_select(struct copy_side *side, int database, struct reply **refusal_out)
{
    char number[16];
    struct reply *reply;
    *refusal_out = NULL;
    if (database == side->database)
        return EXIT_CODE_OK; /* users who may not SELECT can have this one */
    snprintf(number, sizeof number, "%d", database);
    enum exit_code code = copy_side_ask(side, (const char *[]){"SELECT", number, NULL}, &reply);
    if (code != EXIT_CODE_OK)
        return code;
    if (reply->type == REPLY_ERROR) {
        *refusal_out = reply;
        return EXIT_CODE_OK;
    }
    side->database = database;
    reply_destroy(reply);
    return EXIT_CODE_OK;
}

void copy_side_tell_loss(const struct copy_side *side, enum connection_status status)
{
    const char *reason = "closed the connection";
    if (status == CONNECTION_TIMED_OUT)
        reason = "was silent for longer than -t allows";
    if (status == CONNECTION_BROKEN)
        reason = connection_error(session_connection(side->session));
    fprintf(stderr, "kvs-cli: --copy-from: the server at %s%s%s\n", side->path,
            status == CONNECTION_BROKEN ? ": " : " ", reason);
}

enum exit_code copy_side_lacks(const struct copy_side *side, const char *command)
{
    bool has_product = side->product[0] != '\0';
    fprintf(stderr, "kvs-cli: --copy-from: the server at %s%s%s%s has no %s, without which keys cannot be copied\n",
            side->path, has_product ? " (" : "", side->product, has_product ? ")" : "", command);
    return EXIT_CODE_ERROR_REPLY;
}
