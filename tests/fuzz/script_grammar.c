/*
 * A rule is a letter with its forms; in a form, % and a letter stand for a part. The first form of each rule has no
 * parts that lead back to it: it ends the recursion.
 */
#include "fuzz/script_grammar.h"

#include <string.h>

#define DEPTH_MAX 12
#define LEN_MAX 8192 /* bytes of a program, about */

static const struct rule {
    char letter;
    const char *const *forms;
} rules[] = {
    /* statements, each on a line of its own */
    {'S', (const char *const[]){"a = %e",
                                "local a = %e",
                                "%A",
                                "%A",
                                "pcall(function() %S end)",
                                "%S\n%S",
                                "%S\n%S\n%S",
                                "for i = 1, %n do %S end",
                                "for k, v in %i do %S end",
                                "while %e do %S break end",
                                "if %e then %S else %S end",
                                "repeat %S until true",
                                "do return %e end",
                                "error(%e)",
                                "do local %v = %e %S end",
                                "%v = %e",
                                "%v[%e] = %e",
                                "t[%e] = %e",
                                "%o",
                                "local f = function(...) %S return ... end f(%e, %e)",
                                "for i = 1, %n do t[i] = %e end",
                                "while true do %S end",
                                NULL}},
    {'v', (const char *const[]){"a", "b", "t", "s", "k", "v", "i", "KEYS", "ARGV", "_G", "string", "redis", NULL}},
    /* what the globals may let through, or not */
    {'o', (const char *const[]){"x = 1",
                                "_G.x = %e",
                                "rawset(%v, %e, %e)",
                                "setmetatable(%v, %t)",
                                "string.len = %f",
                                "redis.call = %f",
                                "cjson.encode = nil",
                                "getmetatable('').__index = %t",
                                "getmetatable(_G).__newindex = nil",
                                "_G = %t",
                                "KEYS[1] = %e",
                                "ARGV = %t",
                                "table.insert(%v, %e)",
                                "table.sort(%v, %f)",
                                "for k in pairs(%v) do %v[k] = nil end",
                                "setmetatable(_G, nil)",
                                "rawset(getmetatable(%v), '__index', %f)",
                                "getmetatable(redis).__index.call = nil",
                                "redis.setresp(%n)",
                                "math.randomseed(%n)",
                                "collectgarbage(%C)",
                                "cjson.%J",
                                "getmetatable(getmetatable('').__index).x = 1",
                                NULL}},
    {'C', (const char *const[]){"'stop'", "'collect'", "'step', %n", "'setpause', %n", "'setstepmul', %n", "'restart'",
                                "'count'", NULL}},
    {'J',
     (const char *const[]){"encode_sparse_array(true, %n, %n)", "encode_max_depth(%n)", "decode_max_depth(%n)",
                           "encode_number_precision(%n)", "encode_keep_buffer(false)", "encode_invalid_numbers('null')",
                           "decode_invalid_numbers(true)", "new().encode_sparse_array(%n)", NULL}},
    /* expressions */
    {'e', (const char *const[]){"nil",
                                "%n",
                                "%s",
                                "%t",
                                "true",
                                "%v",
                                "a",
                                "b",
                                "t",
                                "%c",
                                "%c",
                                "%f",
                                "%v[%e]",
                                "#%v",
                                "(%e) .. (%e)",
                                "(%e) + (%e)",
                                "(%e) == (%e)",
                                "(%e) < (%e)",
                                "(%e) and (%e)",
                                "not %e",
                                "-(%e)",
                                "(%e) % (%e)",
                                "(%f)(%e, %e)",
                                "select(%n, %e, %e)",
                                "%l",
                                "%l",
                                "%l",
                                "%y",
                                "%m",
                                "%r",
                                "unpack(%t)",
                                "pcall(%f, %e)",
                                "{pcall(%f, %e)}",
                                "type(%e)",
                                "tostring(%e)",
                                "tonumber(%e, %n)",
                                "next(%t)",
                                "rawget(%v, %e)",
                                "rawequal(%e, %e)",
                                "%A",
                                NULL}},
    {'n', (const char *const[]){"1",
                                "0",
                                "-1",
                                "2",
                                "3",
                                "10",
                                "16",
                                "255",
                                "-2",
                                "0.5",
                                "1e308",
                                "-0",
                                "0/0",
                                "1/0",
                                "-1/0",
                                "2147483647",
                                "2147483648",
                                "-2147483648",
                                "9007199254740993",
                                "4294967295",
                                "1e15",
                                "100",
                                "1000",
                                "64",
                                "#ARGV",
                                "i",
                                NULL}},
    {'s', (const char *const[]){"'a'",
                                "''",
                                "'abc'",
                                "'\\0'",
                                "'%%d %%s'",
                                "('x'):rep(%n)",
                                "('ab'):rep(100)",
                                "'10'",
                                "'-1e5'",
                                "'\\255\\254'",
                                "KEYS[1]",
                                "ARGV[1]",
                                "'%p'",
                                "'%j'",
                                "'%P'",
                                "'err'",
                                "'ok'",
                                "'\\r\\n'",
                                "[[\n]]",
                                NULL}},
    {'t', (const char *const[]){"{}",
                                "{%e}",
                                "{%e, %e, %e}",
                                "{[%e or 1] = %e}",
                                "{ok = %e}",
                                "{err = %e}",
                                "t",
                                "{double = %e}",
                                "{map = %t}",
                                "{set = %t}",
                                "{big_number = %s}",
                                "{verbatim_string = {format = %s, string = %s}}",
                                "%M",
                                "{%e, nil, %e, n = %n}",
                                "{['%k'] = %e, [%n] = %e}",
                                "KEYS",
                                "ARGV",
                                "{err = %s, ignore_error_stats_update = true}",
                                "{%t, %t}",
                                "{1, 2, [1000] = 3}",
                                NULL}},
    {'M',
     (const char *const[]){"setmetatable({}, {__index = %f})", "setmetatable({%e}, {__newindex = %f})",
                           "setmetatable({}, {__tostring = %f, __call = %f})", "setmetatable({}, {__mode = 'k'})",
                           "setmetatable({}, {__metatable = %e})", "setmetatable({}, {__gc = %f})",
                           "setmetatable({%e}, {__eq = %f, __lt = %f, __le = %f, __concat = %f, __len = %f})",
                           "setmetatable({}, {__add = %f, __unm = %f, __mod = %f})", "setmetatable({}, %t)", NULL}},
    {'f', (const char *const[]){"function() end", "function(...) return ... end", "function(a, b) return %e end",
                                "function(...) %S end", "tostring", "%L", "%L", "function(a, b) return a < b end",
                                "function() error(%e) end", "coroutine.wrap(function(...) %S coroutine.yield(%e) end)",
                                "loadstring('return ' .. %s) or type", "function(a) return a end", "redis.pcall",
                                "function(a) a[%e] = %e end", NULL}},
    {'i',
     (const char *const[]){"pairs({})", "pairs(%t)", "ipairs(%t)", "pairs(%v)", "(%s):gmatch('%p')", "next, %t", NULL}},
    /* functions of libraries as values, and called */
    {'L', (const char *const[]){"string.rep",  "string.format",   "string.gsub",   "table.concat",  "table.sort",
                                "unpack",      "cjson.encode",    "cjson.decode",  "cmsgpack.pack", "cmsgpack.unpack",
                                "struct.pack", "struct.unpack",   "bit.tohex",     "redis.sha1hex", "redis.error_reply",
                                "next",        "select",          "string.byte",   "math.floor",    "setmetatable",
                                "rawset",      "coroutine.yield", "pcall",         "string.dump",   "load",
                                "loadstring",  "xpcall",          "table.foreach", "redis.call",    NULL}},
    {'l', (const char *const[]){"(%s):len()",
                                "(%s):rep(%n)",
                                "(%s):sub(%n, %n)",
                                "(%s):byte(%n, %n)",
                                "string.char(%n, %n)",
                                "(%s):find('%p', %n)",
                                "(%s):match('%p')",
                                "(%s):gsub('%p', %e)",
                                "(%s):gsub('%p', '%P', %n)",
                                "(%s):format(%e, %e)",
                                "string.format('%F', %e, %e)",
                                "(%s):upper()",
                                "(%s):reverse()",
                                "string.dump(%f)",
                                "table.concat(%t, %s, %n, %n)",
                                "table.insert(%t, %n, %e)",
                                "table.remove(%t, %n)",
                                "table.sort(%t, %f)",
                                "table.maxn(%t)",
                                "table.getn(%t)",
                                "table.foreach(%t, %f)",
                                "math.floor(%n)",
                                "math.fmod(%n, %n)",
                                "math.random(%n, %n)",
                                "bit.band(%n, %n)",
                                "bit.lshift(%n, %n)",
                                "bit.tohex(%n, %n)",
                                "bit.bswap(%n)",
                                "bit.rol(%n, %n)",
                                "os.clock()",
                                "loadstring(%s)",
                                "load(%f)",
                                "xpcall(%f, %f)",
                                "string.rep(%s, %n)",
                                "table.concat({(%s):rep(%n), %s}, (%s):rep(%n))",
                                "unpack(%t, %n, %n)",
                                NULL}},
    {'y',
     (const char *const[]){"cjson.encode(%e)", "cjson.decode('%j')", "cjson.decode(%s)", "cjson.encode(%t)",
                           "cjson.decode(cjson.encode(%t))", "cjson.null", "cmsgpack.pack(%e, %e)",
                           "cmsgpack.unpack(%s)", "cmsgpack.unpack(cmsgpack.pack(%t, %e))", "cmsgpack.unpack('%B')",
                           "cmsgpack.unpack_one('%B', %n)", "cmsgpack.unpack_limit('%B', %n, %n)",
                           "struct.pack('%X', %e, %e)", "struct.unpack('%X', %s, %n)", "struct.size('%X')",
                           "struct.unpack('%X', struct.pack('%X', %e, %e))", "struct.unpack('%X', '%B')", NULL}},
    /* coroutines */
    {'m', (const char *const[]){"coroutine.running()", "coroutine.create(%f)", "coroutine.wrap(%f)",
                                "coroutine.resume(coroutine.create(%f), %e)", "coroutine.yield(%e)",
                                "coroutine.status(coroutine.create(%f))", "coroutine.wrap(%f)(%e)",
                                "coroutine.wrap(function() %S end)()",
                                "coroutine.resume(coroutine.create(function(...) %S coroutine.yield(%e) end))", NULL}},
    /* redis.* beside commands */
    {'r', (const char *const[]){"redis.status_reply(%s)", "redis.error_reply(%s)", "redis.sha1hex(%e)",
                                "redis.log(redis.LOG_NOTICE, %e, %e)", "redis.setresp(3)", "redis.set_repl(%n)",
                                "redis.replicate_commands()", "redis.breakpoint()", "redis.debug(%e)",
                                "redis.acl_check_cmd(%s, %e)", "redis.acl_check_cmd('set', '%k', 1)",
                                "redis.REDIS_VERSION_NUM", "redis.%v", "redis.register_function('h', %f)", NULL}},
    /* commands */
    {'A', (const char *const[]){"redis.pcall('PING')", "%c", "redis.pcall(%s, %e, %e)", "redis.call(%e)",
                                "redis.pcall(unpack(%t))", NULL}},
    {'c', (const char *const[]){"redis.call('GET', '%k')",
                                "redis.call('SET', '%k', %e)",
                                "redis.pcall('INCR', '%k')",
                                "redis.call('APPEND', '%k', %s)",
                                "redis.pcall('RPUSH', '%k', %e, %s)",
                                "redis.pcall('LRANGE', '%k', %n, %n)",
                                "redis.pcall('LPOP', '%k')",
                                "redis.pcall('HSET', '%k', %s, %e)",
                                "redis.pcall('HGETALL', '%k')",
                                "redis.pcall('SADD', '%k', %s, %n)",
                                "redis.pcall('SMEMBERS', '%k')",
                                "redis.pcall('ZADD', '%k', %n, %s)",
                                "redis.pcall('ZRANGE', '%k', 0, -1, 'WITHSCORES')",
                                "redis.pcall('XADD', '%k', '*', %s, %e)",
                                "redis.pcall('XRANGE', '%k', '-', '+')",
                                "redis.pcall('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 'x', '>')",
                                "redis.pcall('DEL', '%k', '%k')",
                                "redis.pcall('RENAME', '%k', '%k')",
                                "redis.pcall('SORT', '%k', 'BY', %s, 'GET', %s)",
                                "redis.pcall('KEYS', %s)",
                                "redis.pcall('SCAN', %n)",
                                "redis.pcall('SELECT', %n)",
                                "redis.pcall('FLUSHALL')",
                                "redis.pcall('SWAPDB', 0, 1)",
                                "redis.pcall('EXPIRE', '%k', %n)",
                                "redis.pcall('TIME')",
                                "redis.pcall('PUBLISH', %s, %e)",
                                "redis.pcall('BLPOP', '%k', 0)",
                                "redis.pcall('COMMAND', 'INFO', 'get')",
                                "redis.pcall('INFO')",
                                "redis.pcall('OBJECT', 'ENCODING', '%k')",
                                "redis.pcall('EVAL', 'return 1', 0)",
                                "redis.pcall('ZSCORE', '%k', %s)",
                                "redis.pcall('HINCRBYFLOAT', '%k', %s, %n)",
                                "redis.pcall('MSET', '%k', %e, '%k', %s)",
                                "redis.pcall('SETRANGE', '%k', %n, %s)",
                                "redis.pcall('BITFIELD', '%k', 'SET', 'u8', %n, %n)",
                                "redis.pcall('PFADD', '%k', %s)",
                                "redis.pcall('GEOADD', '%k', %n, %n, %s)",
                                "redis.pcall('DBSIZE')",
                                "redis.pcall('MULTI')",
                                "redis.pcall('SUBSCRIBE', %s)",
                                "redis.pcall('COPY', '%k', '%k')",
                                "redis.pcall('LMOVE', '%k', '%k', 'LEFT', 'RIGHT')",
                                NULL}},
    {'k', (const char *const[]){"s", "n", "l", "h", "u", "z", "x", "none", "other", NULL}},
    /* insides of strings */
    {'p', (const char *const[]){"a",     ".",        ".-",     "(.*)", "^",    "$",     "%%w+", "[^a-z]",
                                "%%b()", "%%f[%%a]", "(a)%%1", "()",   "%p%p", "%p*%p", "(%p)", "[",
                                "%%",    "[a-",      "%%f",    "(%p",  "%p)",  "[%%]]", NULL}},
    {'P', (const char *const[]){"x", "%%0", "%%1", "%%9", "%%", "%P%P", "%%%%", NULL}},
    {'F', (const char *const[]){"%%d", "%%s", "%%q", "%%5.2f", "%%x", "%%c", "%%-20s", "%%g", "%%099d", "%%.99f",
                                "%%i%F", "%F%F", "%%", "%%1000d", "%%#o", "%%+.3e", NULL}},
    {'X', (const char *const[]){"b", "i4",  ">",           "<I8",  "!8",          "s",   "c0",  "c5",           "x",
                                "d", "f",   "h",           "%X%X", "%X%X%X",      "Bc0", "i33", "c99999999999", "!3",
                                "l", "i3 ", "!1073741824", "T",    "c2147483647", NULL}},
    {'j', (const char *const[]){"1",
                                "[]",
                                "{}",
                                "[%j]",
                                "[%j,%j]",
                                "{\"a\":%j}",
                                "\"%j\"",
                                "null",
                                "true",
                                "-1.5e3",
                                "NaN",
                                "1e999",
                                "\"\\\\u00e9\\\\ud83d\\\\ude00\"",
                                "\"\\\\ud83d\"",
                                "{\"a\":%j,\"b\":%j}",
                                "[",
                                "{%j",
                                "nul",
                                "0x1F",
                                "[[[[[[[[%j]]]]]]]]",
                                NULL}},
    {'B', (const char *const[]){"\\1", "\\192", "\\147\\1\\2\\3", "\\129\\161a\\1", "\\217\\5ab",
                                "\\221\\255\\255\\255\\255", "\\223\\127\\255\\255\\255",
                                "\\203\\1\\2\\3\\4\\5\\6\\7\\8", "\\211\\128\\0\\0\\0\\0\\0\\0\\0", "%B%B", "\\145%B",
                                "\\193", "\\199\\1\\2\\3", "\\212\\1\\2", "\\196\\2ab", "\\218\\0\\3abc", NULL}},
};

static const struct rule *rule_of(char letter)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].letter == letter)
            return &rules[i];
    return NULL;
}

static const char *choose(const struct text *program, struct choices *choices, const struct rule *rule, int depth)
{
    size_t forms = 1;
    while (rule->forms[forms])
        forms++;
    if (depth > DEPTH_MAX || program->len > LEN_MAX || choices->at == choices->end)
        return rule->forms[0];
    return rule->forms[*choices->at++ % forms];
}

static void add(struct text *program, struct choices *choices, const char *form, int depth)
{
    for (const char *at = form; *at; at++) {
        const struct rule *part = *at == '%' ? rule_of(at[1]) : NULL;
        if (part)
            add(program, choices, choose(program, choices, part, depth), depth + 1);
        else
            text_add_char(program, *at);
        if (part || (*at == '%' && at[1] == '%'))
            at++;
    }
}

/* Each statement may fail: the next ones run all the same. */
static void add_body(struct text *program, struct choices *choices, size_t statements)
{
    text_add(program, "local a, b, t, s, k, v, i = 1, 'b', {1, 2, x = 3}, 'text', 's', nil, 7\n");
    for (size_t i = 0; i < statements && choices->at < choices->end && program->len < LEN_MAX; i++)
        add(program, choices, "pcall(function(...) %S end)\n", 0);
    add(program, choices, "return %e", 0);
}

void grammar_add_script(struct text *program, struct choices *choices)
{
    add_body(program, choices, SIZE_MAX);
}

void grammar_add_library(struct text *program, struct choices *choices)
{
    text_add(program, "#!lua name=fuzz\nlocal a, b, t, s, k, v, i = 1, 2, {}, 's', 'k', 'v', 'i'\n"
                      "redis.register_function('f', function(KEYS, ARGV) ");
    add_body(program, choices, 4);
    add(program, choices,
        " end)\nredis.register_function{function_name = 'g', description = %s, flags = {'no-writes'}, "
        "callback = function(KEYS, ARGV) ",
        0);
    add_body(program, choices, 4);
    text_add(program, " end}\n");
    while (choices->at < choices->end && program->len < LEN_MAX)
        add(program, choices, "%S\n", 0);
}
