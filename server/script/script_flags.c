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

/* Takes the next word up to the separator or the end. */
static bool take_word(const char **at, const char *end, char separator, struct bytes *word_out)
{
    while (*at < end && **at == separator)
        (*at)++;
    if (*at == end)
        return false;
    const char *word = *at, *behind = memchr(word, separator, (size_t)(end - word));
    *at = behind ? behind : end;
    *word_out = (struct bytes){word, (size_t)(*at - word)};
    return true;
}

static bool read_list(struct bytes list, uint32_t *flags, struct text *error)
{
    struct bytes word;
    const char *at = list.data;
    while (take_word(&at, list.data + list.len, ',', &word)) {
        uint32_t flag = script_flag_find(word.data, word.len);
        if (!flag) {
            text_addf(error, "Unexpected flag in script shebang: %.*s", (int)word.len, word.data);
            return false;
        }
        *flags |= flag;
    }
    return true;
}

bool script_flags_read(const char *script, size_t len, uint32_t *flags_out, size_t *line_len_out,
                       struct text *error_out)
{
    *flags_out = SCRIPT_HAS_NO_FLAGS;
    *line_len_out = 0;
    if (len < 2 || memcmp(script, "#!", 2) != 0)
        return true;
    const char *end = memchr(script, '\n', len), *at = script;
    struct bytes word = {script, 0};
    if (!end) {
        text_add(error_out, "Invalid script shebang");
        return false;
    }
    take_word(&at, end, ' ', &word);
    if (!bytes_equal(word.data, word.len, "#!lua", 5)) {
        text_addf(error_out, "Unexpected engine in script shebang: %.*s", (int)word.len, word.data);
        return false;
    }
    *flags_out = 0;
    *line_len_out = (size_t)(end - script);
    while (take_word(&at, end, ' ', &word)) {
        if (word.len < 6 || memcmp(word.data, "flags=", 6) != 0) {
            text_addf(error_out, "Unknown lua shebang option: %.*s", (int)word.len, word.data);
            return false;
        }
        if (!read_list((struct bytes){word.data + 6, word.len - 6}, flags_out, error_out))
            return false;
    }
    return true;
}
