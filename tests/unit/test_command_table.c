/* The command table: names in any case, numbers, key positions, and what follows from flags. */
#include "base/text.h"
#include "command/command_markdown.h"
#include "command/command_table.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 32

/* A request made of words. */
struct request {
    struct arg argv[MAX_WORDS];
    int argc;
    char *copy;
};

static struct request request_of(const char *line)
{
    struct request request = {.copy = strdup(line)};
    for (char *word = strtok(request.copy, " "); word; word = strtok(NULL, " "))
        request.argv[request.argc++] = (struct arg){.data = word, .len = strlen(word)};
    return request;
}

/* The keys that a command finds in the line, as "b d"; "error" where it refuses. */
static char *keys_of(const struct command *command, const char *line)
{
    static char found[256];
    struct request request = request_of(line);
    struct key_ref refs[MAX_WORDS];
    int count = command_keys(command, request.argv, request.argc, refs, MAX_WORDS);

    found[0] = '\0';
    for (int i = 0; i < count; i++) {
        strcat(found, i > 0 ? " " : "");
        strcat(found, request.argv[refs[i].position].data);
    }
    if (count < 0)
        strcpy(found, "error");
    free(request.copy);
    return found;
}

static char *keys_of_line(const char *line)
{
    struct request request = request_of(line);
    const struct command *command = command_find_call(request.argv, request.argc);
    free(request.copy);
    ck_assert_ptr_nonnull(command);
    return keys_of(command, line);
}

static const struct command *find(const char *name)
{
    return command_find(name, strlen(name));
}

static const struct command *find_full(const char *name)
{
    return command_find_full(name, strlen(name));
}

START_TEST(names_are_found_in_any_case)
{
    ck_assert_str_eq(find("get")->name, "get");
    ck_assert_ptr_eq(find("GET"), find("get"));
    ck_assert_ptr_eq(find("gEt"), find("get"));
    ck_assert_ptr_eq(find("IncrByFloat"), find("incrbyfloat"));
    ck_assert_ptr_eq(find("PEXPIRETIME"), find("pexpiretime"));
    for (unsigned i = 0; i < command_top_count(); i++) {
        const struct command *command = command_top(i);
        char upper[64] = "";
        for (size_t c = 0; command->name[c] != '\0'; c++)
            upper[c] = (char)(command->name[c] >= 'a' ? command->name[c] - 32 : command->name[c]);
        ck_assert_ptr_eq(find(upper), command);
        ck_assert_ptr_eq(find(command->name), command);
    }
}
END_TEST

START_TEST(near_misses_are_not_found)
{
    static const char *const misses[] = {"",       "g",           "ge",           "gett",        "ggt", "get ",
                                         "xet",    "geu",         "setnxx",       "*",           "|",   "get|",
                                         "ge\x14", "expiretimes", "incrbyfloat ", "incrbyxfloat"};
    for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++)
        ck_assert_msg(!find(misses[i]), "'%s' was found", misses[i]);
    ck_assert_ptr_null(command_find("get\0", 4));
    ck_assert_ptr_null(command_find("\0\0\0", 3));

    /* every byte in every place of a name: only its other case is the same name */
    static const char name[] = "incrbyfloat";
    for (size_t at = 0; at < sizeof name - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            char changed[sizeof name];
            memcpy(changed, name, sizeof name);
            changed[at] = (char)byte;
            bool same = byte == name[at] || byte == name[at] - 32;
            ck_assert_int_eq(command_find(changed, sizeof name - 1) != NULL, same);
        }
}
END_TEST

START_TEST(only_the_given_bytes_of_a_name_are_read)
{
    /* right behind the name lies memory that the sanitizers watch */
    for (unsigned i = 0; i < command_top_count(); i++) {
        size_t len = strlen(command_top(i)->name);
        char *exact = malloc(len);
        memcpy(exact, command_top(i)->name, len);
        ck_assert_ptr_eq(command_find(exact, len), command_top(i));
        free(exact);
    }
    ck_assert_ptr_eq(command_find("getset", 3), find("get"));
}
END_TEST

START_TEST(subcommands_are_found_by_call_and_by_full_name)
{
    struct request call = request_of("CONFIG Get x");
    const struct command *get = command_find_call(call.argv, call.argc);
    ck_assert_str_eq(get->full_name, "config|get");
    ck_assert_str_eq(get->name, "get");
    ck_assert_ptr_eq(command_parent(get), find("config"));
    ck_assert_ptr_eq(find_full("CONFIG|GET"), get);
    ck_assert_ptr_eq(command_find_call(call.argv, 1), find("config"));
    free(call.copy);

    call = request_of("config nothing");
    ck_assert_ptr_eq(command_find_call(call.argv, call.argc), find("config"));
    free(call.copy);
    call = request_of("get config");
    ck_assert_ptr_eq(command_find_call(call.argv, call.argc), find("get"));
    free(call.copy);

    ck_assert_ptr_null(find_full("config|nothing"));
    ck_assert_ptr_null(find_full("config|"));
    ck_assert_ptr_null(find_full("|get"));
    ck_assert_ptr_null(find_full("config|get|x"));
    ck_assert_ptr_null(find_full("get|get"));
    ck_assert_ptr_null(find("config|get"));
}
END_TEST

START_TEST(every_command_has_a_number_of_its_own)
{
    ck_assert_uint_lt(command_top_count(), command_count());
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        ck_assert_uint_eq(command_number(command), i);
        ck_assert_ptr_eq(find_full(command_full_name(command)), command);
        ck_assert_int_eq(!command_parent(command), i < command_top_count());
        for (size_t s = 0; s < command->subcommand_count; s++)
            ck_assert_ptr_eq(command_parent(&command->subcommands[s]), command);
    }
}
END_TEST

/* Looking ahead takes the only key and the member from where the table says. */
START_TEST(members_stand_behind_the_only_key)
{
    unsigned met = 0;
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        int least = command->arity > 0 ? command->arity : -command->arity;
        if (command->member == 0)
            continue;
        met++;
        ck_assert_msg(command->single_key > 0 && command->single_key < command->member, "%s", command->full_name);
        ck_assert_msg(command->member < least || strcmp(command->name, "geohash") == 0 ||
                          strcmp(command->name, "geopos") == 0,
                      "%s", command->full_name);
    }
    ck_assert_uint_gt(met, 0);
}
END_TEST

START_TEST(ranges_of_keys_are_found)
{
    ck_assert_str_eq(keys_of_line("get a"), "a");
    ck_assert_str_eq(keys_of_line("set a b NX"), "a");
    ck_assert_str_eq(keys_of_line("mget a b c"), "a b c");
    ck_assert_str_eq(keys_of_line("mset a 1 b 2 c 3"), "a b c");
    ck_assert_str_eq(keys_of_line("rename a b"), "a b");
    ck_assert_str_eq(keys_of_line("copy a b DB 1"), "a b");
    ck_assert_str_eq(keys_of_line("object encoding a"), "a");
    ck_assert_str_eq(keys_of_line("memory usage a SAMPLES 5"), "a");
    ck_assert_str_eq(keys_of_line("ping a"), "");
    ck_assert_str_eq(keys_of_line("config get a"), "");
}
END_TEST

START_TEST(keys_of_places_are_found)
{
    ck_assert_str_eq(keys_of_line("geosearchstore a b FROMMEMBER m BYRADIUS 1 m"), "a b");
    ck_assert_str_eq(keys_of_line("georadius a 0 0 1 m"), "a");
    ck_assert_str_eq(keys_of_line("georadius a 0 0 1 m COUNT 1 store b"), "a b");
    ck_assert_str_eq(keys_of_line("georadius a 0 0 1 m STOREDIST c Store b"), "a b c");
    ck_assert_str_eq(keys_of_line("georadius a 0 0 1 m STORE b STORE c"), "a b c");
    ck_assert_str_eq(keys_of_line("georadius a 0 0 1 m STORE"), "a");
    ck_assert_str_eq(keys_of_line("georadiusbymember a STORE 1 m STORE b"), "a b");
    ck_assert_str_eq(keys_of_line("georadius_ro a 0 0 1 m STORE b"), "a");
}
END_TEST

START_TEST(keys_of_sets_are_found)
{
    ck_assert_str_eq(keys_of_line("sinter a b"), "a b");
    ck_assert_str_eq(keys_of_line("sinterstore a b c"), "a b c");
    ck_assert_str_eq(keys_of_line("smove a b m"), "a b");
    ck_assert_str_eq(keys_of_line("sintercard 2 a b LIMIT 1"), "a b");
    ck_assert_str_eq(keys_of_line("sintercard 3 a b"), "error");
    ck_assert_str_eq(keys_of_line("sismember a b"), "a");
}
END_TEST

START_TEST(keys_of_sorted_sets_are_found)
{
    ck_assert_str_eq(keys_of_line("zadd a 1 m"), "a");
    ck_assert_str_eq(keys_of_line("zrangestore a b 0 -1"), "a b");
    ck_assert_str_eq(keys_of_line("zunionstore a 2 b c WEIGHTS 1 2"), "a b c");
    ck_assert_str_eq(keys_of_line("zinter 2 a b WITHSCORES"), "a b");
    ck_assert_str_eq(keys_of_line("zdiff 1 a WITHSCORES"), "a");
    ck_assert_str_eq(keys_of_line("zintercard 1 a LIMIT 5"), "a");
    ck_assert_str_eq(keys_of_line("zmpop 2 a b MIN"), "a b");
    ck_assert_str_eq(keys_of_line("zmpop 3 a b"), "error");
}
END_TEST

START_TEST(what_sort_stores_to_is_found)
{
    ck_assert_str_eq(keys_of_line("sort a"), "a");
    ck_assert_str_eq(keys_of_line("sort a STORE b"), "a b");
    ck_assert_str_eq(keys_of_line("sort a BY w_* LIMIT 0 1 GET # store b ALPHA"), "a b");
    ck_assert_str_eq(keys_of_line("sort a STORE b STORE c"), "a c");
    ck_assert_str_eq(keys_of_line("sort a BY store GET b"), "a");
    ck_assert_str_eq(keys_of_line("sort a STORE by STORE c"), "a c");
    ck_assert_str_eq(keys_of_line("sort a LIMIT STORE b"), "a");
    ck_assert_str_eq(keys_of_line("sort a STORE"), "a");
    ck_assert_str_eq(keys_of_line("sort_ro a BY b"), "a");
}
END_TEST

START_TEST(limited_ranges_are_found)
{
    /* as XREAD has it: STREAMS, then as many keys as identifiers */
    static const struct key_spec spec = {.flags = KEY_RO,
                                         .search = KEY_AT_KEYWORD,
                                         .keyword = "streams",
                                         .start_from = 1,
                                         .find = KEY_FIND_RANGE,
                                         .last_key = -1,
                                         .step = 1,
                                         .limit = 2};
    static const struct command command = {.name = "test", .key_specs = &spec, .key_spec_count = 1};
    ck_assert_str_eq(keys_of(&command, "xread COUNT 2 Streams a b 0 0"), "a b");
    ck_assert_str_eq(keys_of(&command, "xread streams a 0"), "a");
    ck_assert_str_eq(keys_of(&command, "xread streams"), "");
    ck_assert_str_eq(keys_of(&command, "xread a b 0 0"), "");
}
END_TEST

START_TEST(keys_behind_options_are_found_by_reading_these)
{
    const struct command *command = command_find("xreadgroup", 10);
    ck_assert_str_eq(keys_of(command, "xreadgroup group g c count 1 streams a b > >"), "a b");
    ck_assert_str_eq(keys_of(command, "xreadgroup noack count 1 Group streams streams Streams streams >"), "streams");
    ck_assert_str_eq(keys_of(command, "xreadgroup group g c noack streams"), "");
    ck_assert_str_eq(keys_of(command, "xreadgroup count 1"), "");
}
END_TEST

START_TEST(keywords_are_searched_from_the_end_too)
{
    static const struct key_spec spec = {.flags = KEY_RW,
                                         .search = KEY_AT_KEYWORD,
                                         .keyword = "KEYS",
                                         .start_from = -2,
                                         .find = KEY_FIND_RANGE,
                                         .last_key = -1,
                                         .step = 1};
    static const struct command command = {.name = "test", .key_specs = &spec, .key_spec_count = 1};
    ck_assert_str_eq(keys_of(&command, "migrate host port x 0 10 keys a b c"), "a b c");
    ck_assert_str_eq(keys_of(&command, "migrate host keys x keys a"), "a");
    ck_assert_str_eq(keys_of(&command, "migrate host port x 0 10"), "");
}
END_TEST

/* as GEORADIUS has STORE and STOREDIST: the last one given counts, and a key may have any name */
START_TEST(a_repeated_keyword_finds_every_key_that_may_be_taken)
{
    static const struct key_spec specs[] = {
        {.flags = KEY_OW,
         .search = KEY_AT_KEYWORD,
         .keyword = "STORE",
         .start_from = 2,
         .repeated = true,
         .find = KEY_FIND_RANGE,
         .step = 1},
        {.flags = KEY_OW,
         .search = KEY_AT_KEYWORD,
         .keyword = "STOREDIST",
         .start_from = 2,
         .repeated = true,
         .find = KEY_FIND_RANGE,
         .step = 1},
    };
    static const struct command command = {.name = "test", .key_specs = specs, .key_spec_count = 2};
    ck_assert_str_eq(keys_of(&command, "test store a asc"), "");
    ck_assert_str_eq(keys_of(&command, "test k store a asc"), "a");
    ck_assert_str_eq(keys_of(&command, "test k storedist a STORE b"), "b a");
    ck_assert_str_eq(keys_of(&command, "test k store a asc Store b store c"), "a b c");
    ck_assert_str_eq(keys_of(&command, "test k storedist store store a"), "store a store");
    ck_assert_str_eq(keys_of(&command, "test k store"), "");
    ck_assert_str_eq(keys_of(&command, "test k store a store"), "a");
}
END_TEST

static int third_argument(const struct arg *argv, int argc)
{
    (void)argv;
    return argc > 3 ? 3 : 0;
}

START_TEST(a_function_finds_what_is_called_unknown)
{
    static const struct key_spec specs[] = {
        {.flags = KEY_RO, .search = KEY_UNKNOWN, .step = 1},
        {.flags = KEY_OW, .search = KEY_UNKNOWN, .finder = third_argument, .step = 1},
    };
    static const struct command command = {.name = "test", .key_specs = specs, .key_spec_count = 2};
    ck_assert_str_eq(keys_of(&command, "test a b c d"), "c");
    ck_assert_str_eq(keys_of(&command, "test a b"), "");
}
END_TEST

START_TEST(announced_numbers_of_keys_are_believed_only_if_they_fit)
{
    static const struct key_spec specs[] = {
        {.flags = KEY_OW, .search = KEY_AT_INDEX, .index = 1, .find = KEY_FIND_RANGE, .step = 1},
        {.flags = KEY_RO, .search = KEY_AT_INDEX, .index = 2, .find = KEY_FIND_KEYNUM, .first_key = 1, .key_step = 1},
    };
    static const struct command command = {.name = "test", .key_specs = specs, .key_spec_count = 2};
    ck_assert_str_eq(keys_of(&command, "zunionstore a 2 b c WEIGHTS 1 2"), "a b c");
    ck_assert_str_eq(keys_of(&command, "zunionstore a 0 b"), "a");
    ck_assert_str_eq(keys_of(&command, "zunionstore a 3 b c"), "error");
    ck_assert_str_eq(keys_of(&command, "zunionstore a -1 b c"), "error");
    ck_assert_str_eq(keys_of(&command, "zunionstore a x b c"), "error");
    ck_assert_str_eq(keys_of(&command, "zunionstore a 9223372036854775807 b c"), "error");
    ck_assert_str_eq(keys_of(&command, "zunionstore a"), "error");
}
END_TEST

START_TEST(keys_that_may_follow_need_not)
{
    ck_assert_str_eq(keys_of_line("pfmerge a"), "a");
    ck_assert_str_eq(keys_of_line("pfmerge a b c"), "a b c");
}
END_TEST

START_TEST(what_is_no_key_is_left_out)
{
    static const struct key_spec specs[] = {
        {.flags = KEY_NOT_KEY, .search = KEY_AT_INDEX, .index = 1, .find = KEY_FIND_RANGE, .step = 1},
        {.flags = KEY_RO, .search = KEY_AT_INDEX, .index = 2, .find = KEY_FIND_RANGE, .step = 1},
    };
    static const struct command command = {.name = "test", .key_specs = specs, .key_spec_count = 2};
    ck_assert_str_eq(keys_of(&command, "test a b"), "b");
}
END_TEST

START_TEST(more_keys_than_room_are_counted_but_not_written)
{
    struct request request = request_of("mget a b c d");
    struct key_ref refs[3] = {{0}, {0}, {.position = 99}};
    ck_assert_int_eq(command_keys(find("mget"), request.argv, request.argc, refs, 2), 4);
    ck_assert_int_eq(refs[0].position, 1);
    ck_assert_int_eq(refs[1].position, 2);
    ck_assert_int_eq(refs[2].position, 99);
    ck_assert_uint_eq(refs[0].flags, KEY_RO | KEY_ACCESS);
    free(request.copy);
}
END_TEST

START_TEST(legacy_ranges_follow_from_the_specifications)
{
    static const struct {
        const char *name;
        int first, last, step;
    } expected[] = {{"get", 1, 1, 1}, {"mget", 1, -1, 1},       {"mset", 1, -1, 2}, {"rename", 1, 2, 1},
                    {"lcs", 1, 2, 1}, {"object|freq", 2, 2, 1}, {"ping", 0, 0, 0},  {"object", 0, 0, 0}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int first, last, step;
        command_legacy_range(find_full(expected[i].name), &first, &last, &step);
        ck_assert_int_eq(first, expected[i].first);
        ck_assert_int_eq(last, expected[i].last);
        ck_assert_int_eq(step, expected[i].step);
    }
}
END_TEST

START_TEST(flags_imply_categories)
{
    ck_assert_uint_eq(command_categories(find("get")), CAT_STRING | CAT_READ | CAT_FAST);
    ck_assert_uint_eq(command_categories(find("set")), CAT_STRING | CAT_WRITE | CAT_SLOW);
    ck_assert_uint_eq(command_categories(find_full("config|set")), CAT_ADMIN | CAT_DANGEROUS | CAT_SLOW);
    ck_assert_uint_eq(command_category_find("STRING", 6), CAT_STRING);
    ck_assert_uint_eq(command_category_find("nothing", 7), 0);
    ck_assert_str_eq(command_category_name(CAT_DANGEROUS), "dangerous");
}
END_TEST

/* What each command needs of the socket file it comes through. A new command has to be decided here too. */
static const char needs_read[] =
    "acl acl|cat acl|genpass acl|help acl|whoami auth bitcount bitfield_ro bitpos client client|caching client|getname "
    "client|getredir client|help "
    "client|id client|info client|kill client|no-touch client|reply client|setinfo client|setname client|tracking "
    "client|trackinginfo command "
    "command|count command|docs command|getkeys command|getkeysandflags command|help command|info command|list "
    "config config|help dbsize digest dump echo eval eval_ro evalsha evalsha_ro exists expiretime fcall fcall_ro "
    "function function|dump "
    "function|help function|list function|stats geodist geohash "
    "geopos georadius_ro georadiusbymember_ro geosearch get getbit getrange hello hexists hexpiretime hget hgetall "
    "hkeys discard exec lastsave multi unwatch watch "
    "hlen hpexpiretime hpttl httl "
    "hmget hrandfield hscan hstrlen hvals info keys latency latency|doctor latency|graph latency|help "
    "latency|histogram latency|history latency|latest lcs lindex llen lpos lrange memory memory|doctor memory|help "
    "memory|malloc-stats memory|stats memory|usage mget object object|encoding object|freq object|help "
    "object|idletime object|refcount pexpiretime pfcount ping psubscribe pttl pubsub pubsub|channels pubsub|help "
    "pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub punsubscribe quit randomkey reset "
    "scan scard script "
    "script|debug script|exists script|help script|load "
    "sdiff select "
    "sinter sintercard sismember slowlog slowlog|help slowlog|len smembers smismember sort_ro srandmember sscan "
    "ssubscribe subscribe sunsubscribe unsubscribe strlen substr sunion time touch ttl type wait waitaof zcard zcount "
    "zdiff zinter zintercard zlexcount zmscore "
    "zrandmember "
    "xgroup xgroup|help xinfo xinfo|consumers xinfo|groups xinfo|help xinfo|stream xlen xpending xrange xread "
    "xrevrange "
    "zrange zrangebylex zrangebyscore zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion";
static const char needs_write[] =
    "append bitfield bitop blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin copy decr decrby del delex "
    "delifeq expire expireat function|delete function|flush function|kill function|load function|restore "
    "geoadd georadius "
    "georadiusbymember geosearchstore getdel getex getset hdel hexpire hexpireat hgetdel hgetex hincrby hincrbyfloat "
    "hmset hpersist hpexpire hpexpireat hset hsetex hsetnx incr incrby "
    "incrbyfloat increx linsert lmove lmpop lpop lpush lpushx lrem lset ltrim move mset msetex msetnx persist "
    "pexpire pexpireat pfadd pfmerge psetex publish rename renamenx restore rpop rpoplpush rpush rpushx sadd "
    "script|flush "
    "script|kill sdiffstore set "
    "setbit "
    "setex setnx setrange sinterstore smove sort spop spublish srem sunionstore unlink xack xackdel xadd xautoclaim "
    "xcfgset xclaim xdel xdelex xgroup|create xgroup|createconsumer xgroup|delconsumer "
    "xgroup|destroy xgroup|setid xnack xreadgroup xsetid xtrim zadd "
    "zdiffstore zincrby "
    "zinterstore "
    "zmpop zpopmax zpopmin zrangestore zrem zremrangebylex zremrangebyrank zremrangebyscore zunionstore";
static const char needs_admin[] =
    "acl|deluser acl|dryrun acl|getuser acl|list acl|load acl|log acl|save acl|setuser acl|users bgsave client|list "
    "client|no-evict client|pause client|unblock client|unpause config|get config|resetstat config|rewrite "
    "config|set debug flushall flushdb latency|reset memory|purge monitor pfdebug pfselftest save shutdown "
    "slowlog|get slowlog|reset swapdb";

/* Adds the number of words that are commands of that level; every word is one. */
static unsigned check_level(const char *words, enum access_level level)
{
    unsigned found = 0;
    char *copy = strdup(words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "), found++) {
        const struct command *command = find_full(word);
        ck_assert_msg(command != NULL, "no command is called %s", word);
        ck_assert_msg(command->access == level, "%s needs access=%s", word, access_level_name(command->access));
    }
    free(copy);
    return found;
}

START_TEST(every_command_needs_just_the_access_that_is_listed)
{
    unsigned listed = check_level(needs_read, ACCESS_READ) + check_level(needs_write, ACCESS_WRITE) +
                      check_level(needs_admin, ACCESS_ADMIN);
    for (unsigned i = 0; i < command_count(); i++)
        ck_assert_int_ne(command_by_number(i)->access, ACCESS_UNSET);
    ck_assert_msg(listed == command_count(), "%u commands are listed, the table has %u", listed, command_count());
}
END_TEST

/* PFCOUNT keeps the count in the value, which then means the same as before. What a script does is asked for by itself. */
START_TEST(whoever_may_only_read_changes_nothing)
{
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        bool changes = command->flags & (CMD_WRITE | CMD_PROTECTED);
        ck_assert_msg(!changes || command->access > ACCESS_READ, "%s", command->full_name);
        if (command == find("pfcount") || (command->flags & CMD_SCRIPT))
            continue;
        for (size_t k = 0; k < command->key_spec_count; k++)
            ck_assert_msg(!(command->key_specs[k].flags & (KEY_RW | KEY_OW | KEY_RM)) || command->access > ACCESS_READ,
                          "%s", command->full_name);
    }
}
END_TEST

START_TEST(set_overwrites_unless_it_gets)
{
    struct request plain = request_of("set get get"), get = request_of("set k v ex 1 Get");
    ck_assert_uint_eq(find("set")->key_flags(plain.argv, plain.argc), KEY_OW | KEY_UPDATE);
    ck_assert_uint_eq(find("set")->key_flags(get.argv, get.argc), KEY_RW | KEY_ACCESS | KEY_UPDATE);
    free(plain.copy);
    free(get.copy);
}
END_TEST

START_TEST(syntax_is_drawn_from_the_arguments)
{
    static const struct {
        const char *name, *syntax;
    } expected[] = {
        {"set", "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest] "
                "[GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | KEEPTTL]"},
        {"mset", "key value [key value ...]"},
        {"mget", "key [key ...]"},
        {"ping", "[message]"},
        {"client|list", "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]"},
        {"client|reply", "<ON | OFF | SKIP>"},
        {"hello", "[protover [AUTH username password] [SETNAME clientname]]"},
        {"scan", "cursor [MATCH pattern] [COUNT count] [TYPE type]"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct text text = TEXT_EMPTY;
        command_syntax(&text, find_full(expected[i].name));
        ck_assert_str_eq(text.data, expected[i].syntax);
        text_deinit(&text);
    }
}
END_TEST

START_TEST(the_page_tells_of_every_command_that_runs)
{
    struct text text = TEXT_EMPTY;
    command_markdown(&text);
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        bool told = strstr(text.data, command->summary);
        ck_assert_msg(told == (command->run != NULL), "%s", command->full_name);
    }
    text_deinit(&text);
}
END_TEST

static int rename_to(const char *old_name, const char *new_name)
{
    return command_rename(old_name, strlen(old_name), new_name, strlen(new_name));
}

/* Tests run in processes of their own, so the table is whole again for the next. */
START_TEST(renamed_commands_answer_to_the_new_name_alone)
{
    const struct command *get = find("get"), *config = find("config");
    ck_assert_int_eq(rename_to("GET", "Fetch-It"), 0);
    ck_assert_ptr_null(find("get"));
    ck_assert_ptr_eq(find("FETCH-it"), get);
    ck_assert_ptr_null(find("fetch\rit")); /* folds to the same */
    ck_assert_str_eq(get->full_name, "get");
    ck_assert_int_eq(rename_to("config", "b840fc02d524045429941cc15f59e41cb7be6c52"), 0);
    ck_assert_ptr_eq(find_full("b840fc02d524045429941cc15f59e41cb7be6c52|get")->parent, config);
    ck_assert_ptr_null(find_full("config|get"));
    ck_assert_ptr_eq(command_find_original("Config|GET", 10),
                     find_full("b840fc02d524045429941cc15f59e41cb7be6c52|get"));
    ck_assert_ptr_eq(command_find_original("get", 3), get);
    ck_assert_ptr_null(command_find_original("fetch-it", 8));
    ck_assert_ptr_null(command_find_original("get|x", 5));
    ck_assert_int_eq(rename_to("fetch-it", "get"), 0);
    ck_assert_ptr_eq(find("GET"), get);
    ck_assert_ptr_null(find("fetch-it"));
}
END_TEST

START_TEST(renaming_to_nothing_disables_and_leaves_all_others)
{
    unsigned before = command_top_count();
    ck_assert_int_eq(rename_to("flushall", ""), 0);
    ck_assert_uint_eq(command_top_count(), before - 1);
    ck_assert_int_eq(rename_to("flushall", "x"), -ENOENT);
    ck_assert_int_eq(rename_to("", "x"), -ENOENT);
    ck_assert_int_eq(rename_to("set", "GET"), -EEXIST);
    ck_assert_int_eq(rename_to("set", "SET"), 0);
    for (unsigned i = 0; i < command_top_count(); i++) {
        const struct command *command = command_top(i);
        ck_assert_str_ne(command->name, "flushall");
        ck_assert_ptr_eq(find(command->name), command);
        ck_assert_ptr_eq(command_find_original(command->name, strlen(command->name)), command);
    }
    while (command_top_count() > 0)
        ck_assert_int_eq(rename_to(command_top(0)->name, ""), 0);
    ck_assert_ptr_null(find("get"));
}
END_TEST

START_TEST(what_a_monitor_asks_again_and_again_stops_nobody)
{
    static const char *const lines[] = {"INFO",          "CLIENT LIST",    "CLIENT INFO",  "MEMORY STATS",
                                        "MEMORY DOCTOR", "SLOWLOG GET",    "CONFIG GET *", "DBSIZE",
                                        "ACL LOG",       "LATENCY LATEST", "COMMAND",      "MEMORY USAGE k"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct request request = request_of(lines[i]);
        const struct command *command = command_find_call(request.argv, request.argc);
        ck_assert_msg(command && !(command->flags & CMD_EXCLUSIVE), "%s", lines[i]);
        free(request.copy);
    }
}
END_TEST

Suite *suite_command_table(void);
Suite *suite_command_table(void)
{
    Suite *suite = suite_create("command table");
    TCase *tcase = tcase_create("command table");
    tcase_add_checked_fixture(tcase, command_table_init, NULL);
    tcase_add_test(tcase, names_are_found_in_any_case);
    tcase_add_test(tcase, near_misses_are_not_found);
    tcase_add_test(tcase, only_the_given_bytes_of_a_name_are_read);
    tcase_add_test(tcase, subcommands_are_found_by_call_and_by_full_name);
    tcase_add_test(tcase, every_command_has_a_number_of_its_own);
    tcase_add_test(tcase, members_stand_behind_the_only_key);
    tcase_add_test(tcase, ranges_of_keys_are_found);
    tcase_add_test(tcase, keys_of_places_are_found);
    tcase_add_test(tcase, keys_of_sets_are_found);
    tcase_add_test(tcase, keys_of_sorted_sets_are_found);
    tcase_add_test(tcase, what_sort_stores_to_is_found);
    tcase_add_test(tcase, limited_ranges_are_found);
    tcase_add_test(tcase, keywords_are_searched_from_the_end_too);
    tcase_add_test(tcase, a_repeated_keyword_finds_every_key_that_may_be_taken);
    tcase_add_test(tcase, keys_behind_options_are_found_by_reading_these);
    tcase_add_test(tcase, a_function_finds_what_is_called_unknown);
    tcase_add_test(tcase, announced_numbers_of_keys_are_believed_only_if_they_fit);
    tcase_add_test(tcase, keys_that_may_follow_need_not);
    tcase_add_test(tcase, what_is_no_key_is_left_out);
    tcase_add_test(tcase, more_keys_than_room_are_counted_but_not_written);
    tcase_add_test(tcase, legacy_ranges_follow_from_the_specifications);
    tcase_add_test(tcase, flags_imply_categories);
    tcase_add_test(tcase, what_a_monitor_asks_again_and_again_stops_nobody);
    tcase_add_test(tcase, every_command_needs_just_the_access_that_is_listed);
    tcase_add_test(tcase, whoever_may_only_read_changes_nothing);
    tcase_add_test(tcase, set_overwrites_unless_it_gets);
    tcase_add_test(tcase, syntax_is_drawn_from_the_arguments);
    tcase_add_test(tcase, the_page_tells_of_every_command_that_runs);
    tcase_add_test(tcase, renamed_commands_answer_to_the_new_name_alone);
    tcase_add_test(tcase, renaming_to_nothing_disables_and_leaves_all_others);
    suite_add_tcase(suite, tcase);
    return suite;
}
