#include "script/script_flags.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

static const struct flag_name {
    const char *name;
    uint32_t flag;
} flag_names[] = {
    {"no-writes", SCRIPT_NO_WRITES},
    {"allow-oom", SCRIPT_ALLOW_OOM},
    {"allow-stale", SCRIPT_ALLOW_STALE},
    {"no-cluster", SCRIPT_NO_CLUSTER},
    {"allow-cross-slot-keys", SCRIPT_ALLOW_CROSS_SLOT_KEYS},
};
#define FLAG_NAMES (sizeof flag_names / sizeof flag_names[0])

uint32_t script_flag_find(const char *name, size_t len)
{
    for (size_t i = 0; i < FLAG_NAMES; i++)
        if (bytes_equal(name, len, flag_names[i].name, strlen(flag_names[i].name)))
            return flag_names[i].flag;
    return 0;
}

const char *script_flag_name(uint32_t flag)
{
    for (size_t i = 0; i < FLAG_NAMES; i++)
        if (flag_names[i].flag == flag)
            return flag_names[i].name;
    return "";
}

static bool read_list(struct bytes list, uint32_t *flags, struct text *error)
{
    const char *at = list.data, *end = list.data + list.len;
    while (list.len > 0 && at <= end) {
        const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
        size_t len = (size_t)((comma ? comma : end) - at);
        uint32_t flag = script_flag_find(at, len);
        if (!flag) {
            text_addf(error, "Unexpected flag in script shebang: %.*s", (int)len, at);
            return false;
        }
        *flags |= flag;
        at += len + 1;
    }
    return true;
}

/* Of the words of a line, the first of which names the engine. */
static bool read_words(const struct text_words *words, uint32_t *flags, struct text *error)
{
    if (!bytes_equal(words->words[0], words->lens[0], "#!lua", 5)) {
        text_addf(error, "Unexpected engine in script shebang: %.*s", (int)words->lens[0], words->words[0]);
        return false;
    }
    for (size_t i = 1; i < words->count; i++) {
        const char *word = words->words[i];
        size_t len = words->lens[i];
        if (len < 6 || memcmp(word, "flags=", 6) != 0) {
            text_addf(error, "Unknown lua shebang option: %.*s", (int)len, word);
            return false;
        }
        if (!read_list((struct bytes){word + 6, len - 6}, flags, error))
            return false;
    }
    return true;
}

bool script_flags_read(const char *script, size_t len, uint32_t *flags_out, size_t *line_len_out,
                       struct text *error_out)
{
    uint32_t flags = 0;
    struct text_words words;
    *flags_out = SCRIPT_HAS_NO_FLAGS;
    *line_len_out = 0;
    if (len < 2 || memcmp(script, "#!", 2) != 0)
        return true;
    const char *end = memchr(script, '\n', len);
    if (!end) {
        text_add(error_out, "Invalid script shebang");
        return false;
    }
    if (text_split(script, (size_t)(end - script), &words) != 0) {
        text_add(error_out, "Invalid engine in script shebang");
        return false;
    }
    bool good = read_words(&words, &flags, error_out);
    text_words_free(&words);
    if (!good)
        return false;
    *flags_out = flags;
    *line_len_out = (size_t)(end - script);
    return true;
}
