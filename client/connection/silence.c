/*
 * As servers have it: ON is answered even in the place of a skipped command; SKIP does nothing while replies are off;
 * RESET ends OFF, and is answered unless it is what SKIP skips.
 */
#include "connection/silence.h"

enum wish { WISH_NONE, WISH_ON, WISH_OFF, WISH_SKIP, WISH_RESET };

static enum wish wish_of(const struct arguments *command)
{
    if (command->count == 1 && arguments_is(command, 0, "reset"))
        return WISH_RESET;
    if (command->count != 3 || !arguments_is(command, 0, "client") || !arguments_is(command, 1, "reply"))
        return WISH_NONE;
    if (arguments_is(command, 2, "on"))
        return WISH_ON;
    if (arguments_is(command, 2, "off"))
        return WISH_OFF;
    return arguments_is(command, 2, "skip") ? WISH_SKIP : WISH_NONE;
}

bool silence_chooses(const struct arguments *command)
{
    enum wish wish = wish_of(command);
    return wish != WISH_NONE && wish != WISH_RESET;
}

bool silence_begins(const struct arguments *command)
{
    enum wish wish = wish_of(command);
    return wish == WISH_OFF || wish == WISH_SKIP;
}

bool silence_pass(struct silence *silence, const struct arguments *command)
{
    bool is_skipped = silence->is_single;
    silence->is_single = false;
    switch (wish_of(command)) {
    case WISH_ON:
        silence->lasts = false;
        return true;
    case WISH_OFF:
        silence->lasts = true;
        return false;
    case WISH_SKIP:
        silence->is_single = !silence->lasts;
        return false;
    case WISH_RESET:
        silence->lasts = false;
        return !is_skipped;
    default:
        return !silence->lasts && !is_skipped;
    }
}
