/*
 * What scripts answer: each row is a script and what redis-server 7.0.15 replies to it, with two keys, k1 and k2, and the
 * arguments a1 and a2. In errors the script's SHA-1 is written as SHA. The rows run one after the other.
 */
#include "kit/served.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *script, *reply;
} cases[] = {
    {"return 1", ":1"},
    {"return 'text'", "$text"},
    {"return -3.9", ":-3"},
    {"return 3.9", ":3"},
    {"return 1e15", ":1000000000000000"},
    {"return math.huge", ":-9223372036854775808"},
    {"return {1,2,3.7,nil,4}", "[:1 :2 :3]"},
    {"return {true,false,1}", "[:1 nil :1]"},
    {"return {{},{{}},{'a',{1}}}", "[[] [[]] [$a [:1]]]"},
    {"return {ok='fine'}", "+fine"},
    {"return {ok='two\\r\\nlines'}", "+two  lines"},
    {"return {err='MY err'}", "-MY err"},
    {"return {err='one'}", "-one"},
    {"return {err='-4'}", "--4"},
    {"return {err=''}", "-"},
    {"return {err='two\\r\\nlines'}", "-two  lines"},
    {"return {err='lines\\r\\n\\n'}", "-lines"},
    {"return {ok='line\\n'}", "+line "},
    {"return {ok=1}", "[]"},
    {"return {err=1}", "[]"},
    {"return nil", "nil"},
    {"return", "nil"},
    {"return function() end", "nil"},
    {"return {1,function() end,2}", "[:1 nil :2]"},
    {"return {1,print,2}", "-ERR user_script:1: Script attempted to access nonexistent global variable 'print' script: "
                           "SHA, on @user_script:1."},
    {"return KEYS", "[$k1 $k2]"},
    {"return ARGV", "[$a1 $a2]"},
    {"return #KEYS..#ARGV", "$22"},
    {"return redis.status_reply('hi you')", "+hi you"},
    {"return redis.status_reply()", "-ERR wrong number or type of arguments"},
    {"return redis.status_reply(1)", "-ERR wrong number or type of arguments"},
    {"return redis.error_reply('foo bar')", "-foo bar"},
    {"return redis.error_reply('-foo bar')", "-foo bar"},
    {"return redis.error_reply('foo')", "-ERR foo"},
    {"return redis.error_reply('')", "-ERR "},
    {"return redis.error_reply('-')", "-ERR "},
    {"return redis.error_reply()", "-ERR wrong number or type of arguments"},
    {"return redis.error_reply({})", "-ERR wrong number or type of arguments"},
    {"return redis.sha1hex('')", "$da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {"return redis.sha1hex('abc')", "$a9993e364706816aba3e25717850c26c9cd0d89d"},
    {"return redis.sha1hex()", "-ERR wrong number of arguments script: SHA, on @user_script:1."},
    {"return redis.setresp(4)", "-ERR RESP version must be 2 or 3. script: SHA, on @user_script:1."},
    {"return redis.setresp()", "-ERR redis.setresp() requires one argument. script: SHA, on @user_script:1."},
    {"return redis.setresp(3)", "nil"},
    {"return redis.set_repl(99)", "-ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE. "
                                  "script: SHA, on @user_script:1."},
    {"return redis.replicate_commands()", ":1"},
    {"return "
     "{redis.LOG_DEBUG,redis.LOG_VERBOSE,redis.LOG_NOTICE,redis.LOG_WARNING,redis.REPL_ALL,redis.REPL_AOF,redis.REPL_"
     "SLAVE,redis.REPL_REPLICA,redis.REPL_NONE}",
     "[:0 :1 :2 :3 :3 :1 :2 :2 :0]"},
    {"return redis.acl_check_cmd('get','x')", ":1"},
    {"return redis.acl_check_cmd('nosuch')",
     "-ERR Invalid command passed to redis.acl_check_cmd() script: SHA, on @user_script:1."},
    {"return redis.acl_check_cmd()",
     "-ERR Please specify at least one argument for this redis lib call script: SHA, on @user_script:1."},
    {"return redis.log(1)", "-ERR redis.log() requires two arguments or more. script: SHA, on @user_script:1."},
    {"return redis.log('a','b')", "-ERR First argument must be a number (log level). script: SHA, on @user_script:1."},
    {"return redis.log(7,'b')", "-ERR Invalid debug level. script: SHA, on @user_script:1."},
    {"return redis.log(-1,'b')", "-ERR Invalid debug level. script: SHA, on @user_script:1."},
    {"return redis.call('get')",
     "-ERR Wrong number of args calling Redis command from script script: SHA, on @user_script:1."},
    {"return redis.call('foo')", "-ERR Unknown Redis command called from script script: SHA, on @user_script:1."},
    {"return redis.call()",
     "-ERR Please specify at least one argument for this redis lib call script: SHA, on @user_script:1."},
    {"return redis.call({})",
     "-ERR Lua redis lib command arguments must be strings or integers script: SHA, on @user_script:1."},
    {"return redis.call(true)",
     "-ERR Lua redis lib command arguments must be strings or integers script: SHA, on @user_script:1."},
    {"return redis.call('get','a','b')",
     "-ERR Wrong number of args calling Redis command from script script: SHA, on @user_script:1."},
    {"return redis.call('get',1)", "nil"},
    {"return redis.pcall('foo')", "-ERR Unknown Redis command called from script"},
    {"return redis.pcall()", "-ERR Please specify at least one argument for this redis lib call"},
    {"return redis.call('subscribe','x')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('eval','return 1',0)",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('multi')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('script','load','x')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('client','id')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('config','get','port')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('hello','3')",
     "-ERR This Redis command is not allowed from script script: SHA, on @user_script:1."},
    {"return redis.call('echo',1e20)", "$1e+20"},
    {"return redis.call('echo',0.1)", "$0.10000000000000001"},
    {"return redis.call('echo',-0)", "$-0"},
    {"return redis.call('echo',3)", "$3"},
    {"return redis.call('echo',1e15)", "$1000000000000000"},
    {"return redis.call('echo',123456789012345678)", "$1.2345678901234568e+17"},
    {"return redis.call('echo',0/0)", "$-nan"},
    {"return redis.call('ping')", "+PONG"},
    {"return type(redis.call('ping'))..redis.call('ping').ok", "$tablePONG"},
    {"return type(redis.call('get','none'))", "$boolean"},
    {"return redis.call('get','none')==false", ":1"},
    {"return redis.call('lrange','none',0,-1)", "[]"},
    {"redis.call('set','s','v') return redis.call('get','s')", "$v"},
    {"return redis.call('incr','s')", "-ERR value is not an integer or out of range script: SHA, on @user_script:1."},
    {"return redis.pcall('incr','s')", "-ERR value is not an integer or out of range"},
    {"return redis.pcall('lpush','s',1)", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
    {"return redis.pcall('lpush','s',1).err", "$WRONGTYPE Operation against a key holding the wrong kind of value"},
    {"local t=redis.pcall('incr','s') local r={} for k,v in pairs(t) do r[#r+1]=k..'='..tostring(v) end table.sort(r) "
     "return r",
     "[$err=ERR value is not an integer or out of range $ignore_error_stats_update=true]"},
    {"local a,b=pcall(redis.call,'incr','s') local r={tostring(a)} for k,v in pairs(b) do r[#r+1]=k..'='..tostring(v) "
     "end table.sort(r) return r",
     "-ERR user_script:1: bad argument #1 to 'pairs' (table expected, got string) script: SHA, on @user_script:1."},
    {"local a,b=pcall(error,'x') return {tostring(a),tostring(b)}", "[$false $x]"},
    {"local a,b=pcall(error,{err='E x'}) return b", "$E x"},
    {"local a,b=pcall(function() local x=nil; x() end) return b",
     "$user_script:1: attempt to call local 'x' (a nil value)"},
    {"local a,b=xpcall(function() error('q') end,function(e) return e..'!' end) return b", "$user_script:1: q!"},
    {"error('x')", "-ERR user_script:1: x script: SHA, on @user_script:1."},
    {"error()", "-ERR nil script: SHA, on @user_script:1."},
    {"error({err='MY err'})", "-MY err script: SHA, on @user_script:1."},
    {"error({err='x',source='s',line='7'})", "-x script: SHA, on @user_script:1."},
    {"error(nil)", "-ERR nil script: SHA, on @user_script:1."},
    {"error(5)", "-ERR user_script:1: 5 script: SHA, on @user_script:1."},
    {"error(true)", "-ERR true script: SHA, on @user_script:1."},
    {"error('x',0)", "-ERR x script: SHA, on @user_script:1."},
    {"error('x',2)", "-ERR x script: SHA, on @user_script:1."},
    {"local function f() error('deep') end f()", "-ERR user_script:1: deep script: SHA, on @user_script:1."},
    {"local function f() return f()+1 end return f()",
     "-ERR user_script:1: stack overflow script: SHA, on @user_script:1."},
    {"local x = nil; return x.y",
     "-ERR user_script:1: attempt to index local 'x' (a nil value) script: SHA, on @user_script:1."},
    {"return 1 + {}",
     "-ERR user_script:1: attempt to perform arithmetic on a table value script: SHA, on @user_script:1."},
    {"return 'a' + 1",
     "-ERR user_script:1: attempt to perform arithmetic on a string value script: SHA, on @user_script:1."},
    {"return #5", "-ERR user_script:1: attempt to get length of a number value script: SHA, on @user_script:1."},
    {"for i=1,3 do local x = {} end return y",
     "-ERR user_script:1: Script attempted to access nonexistent global variable 'y' script: SHA, on @user_script:1."},
    {"return _G.y",
     "-ERR user_script:1: Script attempted to access nonexistent global variable 'y' script: SHA, on @user_script:1."},
    {"y = 1", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"function f() end", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"return tostring(0/0)", "$-nan"},
    {"return tonumber('0x10')", ":16"},
    {"return 10/3", ":3"},
    {"return string.format('%d %5.2f %s %q',7,1.5,'a','b\"c')", "$7  1.50 a \"b\\x5c\"c\""},
    {"return string.rep('ab',3)", "$ababab"},
    {"return string.rep('ab',3000000000)", "$"},
    {"return ('x'):upper()", "$X"},
    {"return {string.find('hello world','o w')}", "[:5 :7]"},
    {"return {string.match('key=val','(%w+)=(%w+)')}", "[$key $val]"},
    {"return string.gsub('hello','l','L')", "$heLLo"},
    {"return table.concat({1,{},3},',')",
     "-ERR user_script:1: invalid value (table) at index 2 in table for 'concat' script: SHA, on @user_script:1."},
    {"local t={3,1,2} table.sort(t) return t", "[:1 :2 :3]"},
    {"local t={} table.insert(t,1) table.insert(t,1,2) return t", "[:2 :1]"},
    {"return {unpack({1,2,3},2)}", "[:2 :3]"},
    {"return unpack({1,2,3})", ":1"},
    {"return math.max(1,5,3)", ":5"},
    {"return io",
     "-ERR user_script:1: Script attempted to access nonexistent global variable 'io' script: SHA, on @user_script:1."},
    {"return require", "-ERR user_script:1: Script attempted to access nonexistent global variable 'require' script: "
                       "SHA, on @user_script:1."},
    {"return dofile", "-ERR user_script:1: Script attempted to access nonexistent global variable 'dofile' script: "
                      "SHA, on @user_script:1."},
    {"return loadfile", "-ERR user_script:1: Script attempted to access nonexistent global variable 'loadfile' script: "
                        "SHA, on @user_script:1."},
    {"return debug", "-ERR user_script:1: Script attempted to access nonexistent global variable 'debug' script: SHA, "
                     "on @user_script:1."},
    {"return package", "-ERR user_script:1: Script attempted to access nonexistent global variable 'package' script: "
                       "SHA, on @user_script:1."},
    {"return collectgarbage", "nil"},
    {"return newproxy", "-ERR user_script:1: Script attempted to access nonexistent global variable 'newproxy' script: "
                        "SHA, on @user_script:1."},
    {"return getfenv", "-ERR user_script:1: Script attempted to access nonexistent global variable 'getfenv' script: "
                       "SHA, on @user_script:1."},
    {"return rawget(_G,'redis')~=nil", ":1"},
    {"return loadstring('return 5')()", ":5"},
    {"return getmetatable('').__index == string", ":1"},
    {"_G.x = 1", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"setmetatable(_G,{})", "-ERR Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"rawset(_G,'x',1)", "-ERR Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"redis.call = nil", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"string.len = nil", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"redis.x = 1", "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1."},
    {"return redis.nosuch", "nil"},
    {"local f = loadstring('x = 1') f()", "-ERR [string \"x = 1\"]:1: Attempt to modify a readonly table script: "
                                          "f358a8565716d9999ad1b3d9696ab6c3c37b0a64, on x = 1:1."},
    {"return string.dump(function() end)",
     "$\\x1bLuaQ\\x00\\x01\\x04\\x08\\x04\\x08\\x00\\x0d\\x00\\x00\\x00\\x00\\x00\\x00\\x00@user_"
     "script\\x00\\x01\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x01\\x00\\x00\\x00\\x1e\\x00\\x80\\x00\\"
     "x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
     "\\x00"},
    {"retur", "-ERR Error compiling script (new function): user_script:1: '=' expected near '<eof>'"},
    {"for", "-ERR Error compiling script (new function): user_script:1: '<name>' expected near '<eof>'"},
    {"return {big_number='123'}", "$123"},
    {"return {verbatim_string={string='abc',format='txt'}}", "$abc"},
    {"return {verbatim_string={format='txt'}}", "[]"},
    {"return {set={a=true}}", "[$a]"},
    {"return {map={a=1}}", "[$a :1]"},
    {"return {double=1.5}", "$1.5"},
    {"return {double='x'}", "[]"},
    {"redis.setresp(3) return {true,false,1}", "[:1 :0 :1]"},
    {"redis.setresp(3) return redis.call('hgetall','h')", "[$f $v]"},
    {"redis.setresp(3) return redis.call('hgetall','h').map.f", "$v"},
    {"redis.setresp(3) return redis.call('get','none')", "nil"},
    {"redis.setresp(3) return type(redis.call('get','none'))", "$nil"},
    {"redis.setresp(3) return redis.call('zscore','z','m')", "$1.5"},
    {"redis.setresp(3) return redis.call('zscore','z','m').double", ":1"},
    {"redis.setresp(3) return redis.call('smembers','set')", "[$m]"},
    {"redis.setresp(3) return redis.call('smembers','set').set.m", ":1"},
    {"redis.setresp(3) return redis.call('zrange','z',0,-1,'withscores')", "[[$m $1.5]]"},
    {"return redis.call('zrange','z',0,-1,'withscores')", "[$m $1.5]"},
    {"return redis.call('hgetall','h')", "[$f $v]"},
    {"redis.call('select',1) return redis.call('exists','s')", ":0"},
    {"return redis.call('select',99)", "-ERR DB index is out of range script: SHA, on @user_script:1."},
    {"return redis.call('exists','s')", ":1"},
    {"redis.call('sadd','many','b','c','aa','a') return redis.call('sort','many','by','nosort')", "[$a $aa $b $c]"},
    {"return redis.call('sort_ro','many','by','nosort','desc','limit',1,2)", "[$b $aa]"},
    {"return bit.band(255,15)", ":15"},
    {"return bit.tohex(255)", "$000000ff"},
    {"return cjson.encode({1,2,{a='b'}})", "$[1,2,{\"a\":\"b\"}]"},
    {"return cjson.decode('[1,{\"a\":null}]')", "[:1 []]"},
    {"return cjson.encode({[1]=1,[3]=3})", "$[1,null,3]"},
    {"return cjson.decode('{\"a\":[1,2.5,\"x\"]}').a", "[:1 :2 $x]"},
    {"return cjson.decode('nonsense')",
     "-ERR user_script:1: Expected value but found invalid token at character 1 script: SHA, on @user_script:1."},
    {"return cmsgpack.unpack(cmsgpack.pack({1,'a',{2}}))", "[:1 $a [:2]]"},
    {"return struct.unpack('>I2',struct.pack('>I2',258))", ":258"},
    {"local c=coroutine.create(function(a) local b=coroutine.yield(a+1) return b*2 end) local "
     "_,x=coroutine.resume(c,1) local _,y=coroutine.resume(c,21) return {x,y}",
     "[:2 :42]"},
    {"return coroutine.wrap(function() return redis.call('get','s') end)()", "$v"},
    {"return coroutine.wrap(function() error('in it') end)()",
     "-ERR user_script:1: user_script:1: in it script: SHA, on @user_script:1."},
    {"return coroutine.wrap(function() return redis.call('incr','s') end)()",
     "-ERR value is not an integer or out of range script: SHA, on @user_script:1."},
    {"#!lua", "-ERR Invalid script shebang"},
    {"#!lua flags=no-writes\nreturn redis.call('set','x',1)",
     "-ERR Write commands are not allowed from read-only scripts. script: SHA, on @user_script:2."},
    {"#!lua flags=no-writes\nreturn redis.call('get','s')", "$v"},
    {"#!lua flags=no-writes,allow-stale\nreturn 1", ":1"},
    {"#!lua flags=x\nreturn 1", "-ERR Unexpected flag in script shebang: x"},
    {"#!lua flags=\nreturn 1", ":1"},
    {"#!lua flags=,\nreturn 1", "-ERR Unexpected flag in script shebang: "},
    {"#!lua flags=no-writes,\nreturn 1", "-ERR Unexpected flag in script shebang: "},
    {"#!lua flags=no-writes, allow-oom\nreturn 1", "-ERR Unexpected flag in script shebang: "},
    {"#!lua flags=\"no-writes,allow-oom\"\nreturn redis.call('set','x',1)",
     "-ERR Write commands are not allowed from read-only scripts. script: SHA, on @user_script:2."},
    {"#!lua\t'flags=no-writes'\nreturn redis.call('set','x',1)",
     "-ERR Write commands are not allowed from read-only scripts. script: SHA, on @user_script:2."},
    {"#!\"lua\"\nreturn 1", ":1"},
    {"#!lua flags=\"no-writes\nreturn 1", "-ERR Invalid engine in script shebang"},
    {"#!lua foo=x\nreturn 1", "-ERR Unknown lua shebang option: foo=x"},
    {"#!lua\nreturn 1", ":1"},
    {"#!lua\nerror('second line')", "-ERR user_script:2: second line script: SHA, on @user_script:2."},
    {"#!foo\nreturn 1", "-ERR Unexpected engine in script shebang: #!foo"},
    {"#!lua flags=allow-oom flags=no-writes\nreturn redis.call('set','x',1)",
     "-ERR Write commands are not allowed from read-only scripts. script: SHA, on @user_script:2."},
    {"\n\nreturn redis.call('incr','s')",
     "-ERR value is not an integer or out of range script: SHA, on @user_script:3."},
    {"return redis.call('time')[1]~=nil", ":1"},
    {"return redis.REDIS_VERSION~=nil", ":1"},
    {"return tostring(redis.call)~=nil", ":1"},
    {"return string.byte('a')", ":97"},
    {"return ('%d'):format('x')",
     "-ERR user_script:1: bad argument #1 to 'format' (number expected, got string) script: SHA, on @user_script:1."},
    {"return string.format('%s')",
     "-ERR user_script:1: bad argument #2 to 'format' (no value) script: SHA, on @user_script:1."},
    {"return string.format('%y',1)",
     "-ERR user_script:1: invalid option '%y' to 'format' script: SHA, on @user_script:1."},
    {"return string.char(256)",
     "-ERR user_script:1: bad argument #1 to 'char' (invalid value) script: SHA, on @user_script:1."},
    {"return assert(false,'no')", "-ERR user_script:1: no script: SHA, on @user_script:1."},
    {"return assert(nil)", "-ERR user_script:1: assertion failed! script: SHA, on @user_script:1."},
    {"assert(false,{err='E x'})",
     "-ERR user_script:1: bad argument #2 to 'assert' (string expected, got table) script: SHA, on @user_script:1."},
};

/* "script: 0123..., on" as "script: SHA, on". */
static void shorten_sha(char *text)
{
    static const char before[] = " script: ", behind[] = ", on @user_script";
    char *at = strstr(text, before);
    if (!at)
        return;
    at += sizeof before - 1;
    if (strlen(at) > 40 && strncmp(at + 40, behind, sizeof behind - 1) == 0) {
        memcpy(at, "SHA", 3);
        memmove(at + 3, at + 40, strlen(at + 40) + 1);
    }
}

START_TEST(scripts_answer_as_in_redis)
{
    kit_expect(c, ":1", "HSET", "h", "f", "v");
    kit_expect(c, ":1", "ZADD", "z", "1.5", "m");
    kit_expect(c, ":1", "SADD", "set", "m");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        redisReply *reply = kit_command(c, "EVAL", cases[i].script, "2", "k1", "k2", "a1", "a2");
        char *text = kit_reply_text(reply);
        shorten_sha(text);
        ck_assert_msg(strcmp(text, cases[i].reply) == 0, "%s\n%s\ninstead of\n%s", cases[i].script, text,
                      cases[i].reply);
        free(text);
        freeReplyObject(reply);
    }
}
END_TEST

Suite *suite_script_replies(void);
Suite *suite_script_replies(void)
{
    Suite *suite = suite_create("script_replies");
    TCase *tcase = served_tcase("table");
    tcase_add_test(tcase, scripts_answer_as_in_redis);
    suite_add_tcase(suite, tcase);
    return suite;
}
