/*
 * SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE] [ABORT].
 *
 * Where all is to be saved, a snapshot is made first, while others go on; one that is under way is given up for it. If
 * it fails, the server doesn't end, unless FORCE says so. What has changed since is saved when nobody is left who could
 * change anything. There is no wait that ABORT could stop: once asked, the server ends.
 */
#include "clients/client.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/loading.h"
#include "handlers/save_wait.h"
#include "host/log.h"
#include "net/peer.h"
#include "server.h"

struct shutdown_options {
    bool save, nosave, now, force, abort;
};

static bool options_parse(const struct call *call, struct shutdown_options *options_out)
{
    struct shutdown_options options = {0};
    for (int i = 1; i < call->argc; i++) {
        const struct arg *word = &call->argv[i];
        if (arg_is(word, "nosave"))
            options.nosave = true;
        else if (arg_is(word, "save"))
            options.save = true;
        else if (arg_is(word, "now"))
            options.now = true;
        else if (arg_is(word, "force"))
            options.force = true;
        else if (arg_is(word, "abort"))
            options.abort = true;
        else
            return false;
    }
    if (options.save && options.nosave)
        return false;
    if (options.abort && (options.save || options.nosave || options.now || options.force))
        return false;
    *options_out = options;
    return true;
}

void cmd_shutdown(struct call *call)
{
    struct shutdown_options options;
    if (!options_parse(call, &options)) {
        error_syntax(call);
        return;
    }
    if (options.abort) {
        reply_error(call->reply, "ERR No shutdown in progress.");
        return;
    }
    bool saves = options.save || (!options.nosave && call->server->config.save[0] != '\0');
    saves = saves && !loading_runs(); /* there is nothing to be saved that isn't in the file */
    enum save_wait saved = saves ? save_wait(call, true) : SAVE_DONE;
    if (saved == SAVE_WAITS)
        return;
    if (saved == SAVE_FAILED && !options.force) {
        log_warning("SHUTDOWN refused: the data set couldn't be saved; use SHUTDOWN NOSAVE or FORCE to end without it");
        reply_error(call->reply, "ERR Errors trying to SHUTDOWN. Check logs.");
        return;
    }
    char who[CONN_PEER_TEXT_MAX];
    log_notice("SHUTDOWN from client %llu (%s): ending", (unsigned long long)call->client->conn.id,
               conn_peer_text(&call->client->conn, who));
    call->server->request_shutdown(options.now, saves && saved != SAVE_FAILED);
}
