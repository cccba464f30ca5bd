/*
 * The question before a command that destroys: "FLUSHALL deletes all 12 keys in all databases of /tmp/kvs.sock. Go on?
 * [y/N]". Only for a person at a terminal.
 */
#ifndef KVS_CLIENT_PROMPT_QUESTION_H
#define KVS_CLIENT_PROMPT_QUESTION_H

#include "core/quoting.h"
#include "session/session.h"

#include <stdbool.h>

/* True when the command may be sent: it destroys nothing, nobody is to be asked (--no-questions, no terminal), or the
 * answer was yes. May ask the server how much there is to lose, when it is connected. */
bool question_allows(struct session *session, const struct arguments *arguments);

#endif
