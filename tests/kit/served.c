#include "kit/served.h"

struct kit_server *server;
redisContext *c;

void served_begin(struct kit_server *started)
{
    server = started;
    c = kit_connect(server);
}

void served_end(void)
{
    redisFree(c);
    kit_stop(server);
}

static void begin(void)
{
    served_begin(kit_start());
}

TCase *served_tcase(const char *name)
{
    TCase *tcase = kit_tcase(name);
    tcase_add_checked_fixture(tcase, begin, served_end);
    return tcase;
}
