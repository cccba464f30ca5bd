#include "engine/script_pause.h"

#include "engine/script_watch.h"
#include "engine/session.h"
#include "net/worker.h"

bool script_pause(struct script_watch *watch)
{
    if (!script_watch_is_long(watch))
        return true;
    sessions_serve_meanwhile(watch->call->client);
    return !worker_is_stopping(worker_self()) && script_watch_goes_on(watch);
}
