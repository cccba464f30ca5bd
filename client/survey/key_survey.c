#include "survey/key_survey.h"

#include "core/interrupt.h"
#include "output/output.h"
#include "session/session.h"
#include "survey/big_keys.h"
#include "survey/hot_keys.h"
#include "survey/key_stats.h"

static struct key_walk_result survey(struct session *session, enum mode mode)
{
    switch (mode) {
    case MODE_HOTKEYS:
        return hot_keys_run(session);
    case MODE_KEYSTATS:
        return key_stats_run(session);
    default:
        return big_keys_run(session, mode == MODE_MEMKEYS);
    }
}

enum exit_code key_survey_run(const struct options *options)
{
    interrupt_install();
    struct session *session = session_create(options, SESSION_ONE_SHOT);
    enum exit_code code = session_connect(session);
    if (code == EXIT_CODE_OK) {
        struct key_walk_result result = survey(session, options->mode);
        code = result.code;
        if (code == EXIT_CODE_OK && result.was_interrupted)
            code = EXIT_CODE_INTERRUPTED;
        output_flush();
    }
    session_destroy(session);
    return code;
}
