/* string and table: what redis-server 7.0.15 came to. */
#include "unit/script_fixture.h"

#include <check.h>

static const struct script_case string_calls[] = {
    {"string.foo()", "E:'user_script:1: attempt to call field 'foo' (a nil value)'"},
    {"return string.rep('x',-1)", "''"},
    {"return {string.byte('abc',1,-1)}", "{1=97 2=98 3=99}"},
    {"return string.char(256)", "E:'user_script:1: bad argument #1 to 'char' (invalid value)'"},
    {"return string.char(-1)", "E:'user_script:1: bad argument #1 to 'char' (invalid value)'"},
    {"return string.format('%d','x')", "E:'user_script:1: bad argument #2 to 'format' (number expected, got string)'"},
    {"return string.format('%y',1)", "E:'user_script:1: invalid option '%y' to 'format''"},
    {"return string.format('%',1)", "E:'user_script:1: invalid option '%' to 'format''"},
    {"return string.format('%123d',1)", "E:'user_script:1: invalid format (width or precision too long)'"},
    {"return string.format('%.123d',1)", "E:'user_script:1: invalid format (width or precision too long)'"},
    {"return string.format('%-+ #00d',1)", "E:'user_script:1: invalid format (repeated flags)'"},
    {"return string.format('%-+ #0d',1)", "'+1'"},
    {"return string.format('%d',2^63)", "'-9223372036854775808'"},
    {"return string.format('%u',-1)", "'18446744073709551615'"},
    {"return string.format('%x',2^64)", "'0'"},
    {"return string.format('%s',nil)", "E:'user_script:1: bad argument #2 to 'format' (string expected, got nil)'"},
    {"return string.format('%q','a\\n\\r\\0\"\\\\b')", "'\"a\\\n\\r\\000\\\"\\\\b\"'"},
    {"return string.format('%s')", "E:'user_script:1: bad argument #2 to 'format' (no value)'"},
    {"return string.format('%c',0)", "''"},
    {"return string.format('%5.1s|','abc')", "'    a|'"},
    {"return string.format('%i|%5.2f|%g|%G|%e|%E|%o|%X',3.7,3.14159,1e20,1e20,1e20,1e20,8,255)",
     "'3| 3.14|1e+20|1E+20|1.000000e+20|1.000000E+20|10|FF'"},
    {"return string.format('%c%c',65,66)", "'AB'"},
    {"return string.format('%5c|',65)", "'    A|'"},
    {"return string.format('%.3c|',65)", "'A|'"},
    {"return string.format('%d',3.99)", "'3'"},
    {"return string.format('%d',-3.99)", "'-3'"},
    {"return string.format('%d',0/0)", "'-9223372036854775808'"},
    {"return string.format('%x',-1)", "'ffffffffffffffff'"},
    {"return string.format('%u',2^63)", "'9223372036854775808'"},
    {"return string.format('%u',2^64)", "'0'"},
    {"return string.format('%o',-8)", "'1777777777777777777770'"},
    {"return string.format('%a',1)", "E:'user_script:1: invalid option '%a' to 'format''"},
    {"return string.format('%l',1)", "E:'user_script:1: invalid option '%l' to 'format''"},
    {"return string.format('%ld',1)", "E:'user_script:1: invalid option '%l' to 'format''"},
    {"return string.format('%p',1)", "E:'user_script:1: invalid option '%p' to 'format''"},
    {"return string.format('%n',1)", "E:'user_script:1: invalid option '%n' to 'format''"},
    {"return {string.gsub('abc','%w','%9')}", "E:'user_script:1: invalid capture index'"},
    {"return {string.gsub('abc','%w','%1')}", "{1='abc' 2=3}"},
    {"return {string.gsub('abc','%w',true)}",
     "E:'user_script:1: bad argument #3 to 'gsub' (string/function/table expected)'"},
    {"return {string.gsub('abc','%w',function() return {} end)}",
     "E:'user_script:1: invalid replacement value (a table)'"},
    {"return {string.gsub('abc','%w',function() return false end)}", "{1='abc' 2=3}"},
    {"return {string.gsub('abc','%w',{a=1,b=true})}", "E:'user_script:1: invalid replacement value (a boolean)'"},
    {"return {string.gsub('abc','%w','%x')}", "{1='xxx' 2=3}"},
    {"return {string.gsub('abc','','-')}", "{1='-a-b-c-' 2=4}"},
    {"return {string.gsub('abc','(','-')}", "{1='-a-b-c-' 2=4}"},
    {"return {string.gsub('abc',')','-')}", "E:'user_script:1: invalid pattern capture'"},
    {"return {string.gsub('abc','[a','-')}", "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return {string.gsub('abc','[%','-')}", "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return {string.gsub('abc','%f','-')}", "E:'user_script:1: missing '[' after '%f' in pattern'"},
    {"return {string.gsub('abc','%f[a','-')}", "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return {string.gsub('abc','%b','-')}", "E:'user_script:1: unbalanced pattern'"},
    {"return {string.gsub('abc','%ba','-')}", "E:'user_script:1: unbalanced pattern'"},
    {"return {string.gsub('abc','%1','-')}", "E:'user_script:1: invalid capture index'"},
    {"return {string.gsub('abc','(%1)','-')}", "E:'user_script:1: invalid capture index'"},
    {"return {string.gsub('abc','%0','-')}", "E:'user_script:1: invalid capture index'"},
    {"return {string.gsub('abc',('()'):rep(33),'-')}", "E:'user_script:1: too many captures'"},
    {"return {string.gsub('abc','^a','-')}", "{1='-bc' 2=1}"},
    {"return {string.gsub('aaa','^a','-')}", "{1='-aa' 2=1}"},
    {"return {string.gsub('abc','b','%%')}", "{1='a%c' 2=1}"},
    {"return {string.gsub('abc','b','%0%0')}", "{1='abbc' 2=1}"},
    {"return {string.gsub('abc','b','x',0)}", "{1='abc' 2=0}"},
    {"return {string.gsub('abc','b','x',-1)}", "{1='abc' 2=0}"},
    {"return {string.find('abc','b',10)}", "{}"},
    {"return {string.find('abc','',10)}", "{1=4 2=3}"},
    {"return {string.find('abc','',4)}", "{1=4 2=3}"},
    {"return {string.find('abc','',-10)}", "{1=1 2=0}"},
    {"return {string.find('a.c','.',1,true)}", "{1=2 2=2}"},
    {"return {string.find('a.c','.c',2)}", "{1=2 2=3}"},
    {"return {string.find('abc','(b)()')}", "{1=2 2=2 3='b' 4=3}"},
    {"return {string.match('abc','b',-1)}", "{}"},
    {"return {string.gmatch('abc','(')()}", "E:'user_script:1: unfinished capture'"},
    {"return string.find('abc')", "E:'user_script:1: bad argument #2 to 'find' (string expected, got no value)'"},
    {"return string.gsub('a','a')", "E:'user_script:1: bad argument #3 to 'gsub' (string/function/table expected)'"},
    {"return string.gsub('a','a',nil)",
     "E:'user_script:1: bad argument #3 to 'gsub' (string/function/table expected)'"},
    {"return string.sub('hello',2,-2)..string.sub('hello',-100,2)", "'ellhe'"},
    {"return {string.find('a\\0b','%z')}", "{1=2 2=2}"},
    {"return {string.match('  x  ','^%s*(.-)%s*$')}", "{1='x'}"},
    {"return {string.find('a\\0b','\\0')}", "{1=2 2=2}"},
    {"return {string.find('[]]','[]]')}", "{1=2 2=2}"},
    {"return {string.find('a-b','[a%-]+')}", "{1=1 2=2}"},
    {"return {string.find('^','[^^]')}", "{}"},
    {"return {string.find('a]','[^]]')}", "{1=1 2=1}"},
    {"return {string.match('abc','[a-]')}", "{1='a'}"},
    {"return {string.match('x^','[x^]+')}", "{1='x^'}"},
    {"return {string.match('THE (quick) fox','%((%a+)%)')}", "{1='quick'}"},
    {"return {string.match('hello','.-(l+)')}", "{1='ll'}"},
    {"return {string.gsub('THE (quick) fox','%f[%a]%a+',string.lower)}", "{1='the (quick) fox' 2=3}"},
    {"return {string.match('x','(x)(y?)')}", "{1='x' 2=''}"},
    {"return {string.match('xx','(x)%1')}", "{1='x'}"},
    {"local t=setmetatable({},getmetatable('')) return t.format==string.format and 1", "1"},
    {"return string.format('%q', 'a\\n\\r\\0\"\\\\b')", "'\"a\\\n\\r\\000\\\"\\\\b\"'"},
};

static const struct script_case table_calls[] = {
    {"return select(2,load(function() error('a') end))", "'user_script:1: a'"},
    {"return select(2,load(function() return {} end))", "'user_script:1: reader function must return a string'"},
    {"return select(2,loadstring('x x','=foo'))", "'foo:1: '=' expected near 'x''"},
    {"return select(2,loadstring('a b'))", "'[string \"a b\"]:1: '=' expected near 'b''"},
    {"return select(2,load(function() return nil end,1))", ""},
    {"return rawget(_G,1)", ""},
    {"return table.concat({1,{}})", "E:'user_script:1: invalid value (table) at index 2 in table for 'concat''"},
    {"return table.concat({1,2},',',1,3)", "E:'user_script:1: invalid value (nil) at index 3 in table for 'concat''"},
    {"return {table.insert({},1,2,3)}", "E:'user_script:1: wrong number of arguments to 'insert''"},
    {"table.insert({})", "E:'user_script:1: wrong number of arguments to 'insert''"},
    {"return {table.insert({},5,'x')}", "{}"},
    {"local t={1,2,3} table.insert(t,10,'x') return #t", "3"},
    {"local t={} table.insert(t,2^53,1)", ""},
    {"return table.remove({1,2,3},7)", ""},
    {"return {table.remove({1,2,3},1)}", "{1=1}"},
    {"local t={3,1,2} table.sort(t) return t", "{1=1 2=2 3=3}"},
    {"table.sort({1,'a'})", "E:'attempt to compare string with number'"},
    {"table.sort({3,2,1,4,5},function(a,b) return true end)", "E:'user_script:1: invalid order function for sorting'"},
    {"table.sort({1,2,3},1)", "E:'user_script:1: bad argument #2 to 'sort' (function expected, got number)'"},
    {"return table.foreachi({5,6},function(i,v) if v==6 then return i end end)", "2"},
    {"return table.maxn({[3.5]=1,[-1]=2})", "3.5"},
    {"table.sort({1,nil,3})", "E:'attempt to compare nil with number'"},
    {"return table.concat({},',',1,2)", "E:'user_script:1: invalid value (nil) at index 1 in table for 'concat''"},
    {"return table.concat({1.5,2,'x'},1)", "'1.5121x'"},
    {"return rawget(1)", "E:'user_script:1: bad argument #1 to 'rawget' (table expected, got number)'"},
    {"return rawset({},nil,1)", "E:'table index is nil'"},
    {"return rawset({},0/0,1)", "E:'table index is NaN'"},
    {"return rawequal(1)", "E:'user_script:1: bad argument #2 to 'rawequal' (value expected)'"},
    {"return select(0)", "E:'user_script:1: bad argument #1 to 'select' (index out of range)'"},
    {"return {select(-1,1,2)}", "{1=2}"},
    {"return select('#',nil,nil)", "2"},
    {"return tonumber('10',37)", "E:'user_script:1: bad argument #2 to 'tonumber' (base out of range)'"},
    {"local t={5,2,8,1,9,3} local s={} table.sort(t,function(a,b) s[#s+1]=a*10+b return a%4<b%4 end) return t,s",
     "{1=8 2=1 3=9 4=5 5=2 6=3} {10=98 11=18 12=91 1=35 2=85 3=25 4=51 5=95 6=59 7=25 8=51 9=32}"},
};

/* Short integers are read without strtod(), all others with it. */
static const struct script_case number_calls[] = {
    {"return tostring(tonumber('10'))", "'10'"},
    {"return tostring(tonumber('-10'))", "'-10'"},
    {"return tostring(tonumber('-'))", "'nil'"},
    {"return tostring(tonumber(''))", "'nil'"},
    {"return tostring(tonumber('-0'))", "'-0'"},
    {"return tostring(tonumber('007'))", "'7'"},
    {"return tonumber('999999999999999') == 999999999999999", "true"},
    {"return tostring(tonumber('1000000000000000'))", "'1e+15'"},
    {"return tonumber('-999999999999999') == -999999999999999", "true"},
    {"return tostring(tonumber('12345678901234567'))", "'1.2345678901235e+16'"},
    {"return tostring(tonumber(' 5'))", "'5'"},
    {"return tostring(tonumber('5 '))", "'5'"},
    {"return tostring(tonumber('5x'))", "'nil'"},
    {"return tostring(tonumber('0x1F'))", "'31'"},
    {"return tostring(tonumber('1e3'))", "'1000'"},
    {"return tostring(tonumber('.5'))", "'0.5'"},
    {"return tostring(tonumber('+5'))", "'5'"},
    {"return tostring(tonumber('--5'))", "'nil'"},
    {"return tostring(tonumber('5\\0'))", "'5'"},
    {"return tostring(tonumber(5))", "'5'"},
    {"return tostring(tonumber(nil))", "'nil'"},
    {"return tostring(tonumber({}))", "'nil'"},
    {"return tostring(tonumber(true))", "'nil'"},
    {"return tostring(tonumber('ff',16))", "'255'"},
    {"return tostring(tonumber('-ff',16))", "'1.844674407371e+19'"},
    {"return tostring(tonumber(' 7 ',8))", "'7'"},
    {"return tostring(tonumber('8',8))", "'nil'"},
    {"return tostring(tonumber('z',36))", "'35'"},
    {"return tostring(tonumber('',16))", "'nil'"},
    {"return tostring(tonumber(12,16))", "'18'"},
    {"return tostring(tonumber('10',2))", "'2'"},
    {"return tostring(tonumber('10','10'))", "'10'"},
    {"return tostring(tonumber('10',nil))", "'10'"},
    {"return tostring(tonumber('0x10',16))", "'16'"},
    {"return tostring(tonumber('1e1',10))", "'10'"},
    {"return tonumber(nil,16)", "E:'user_script:1: bad argument #1 to 'tonumber' (string expected, got nil)'"},
    {"return tonumber()", "E:'user_script:1: bad argument #1 to 'tonumber' (value expected)'"},
};

START_TEST(string_is_that_of_redis)
{
    script_check_calls(string_calls, sizeof string_calls / sizeof string_calls[0]);
}
END_TEST

START_TEST(table_is_that_of_redis)
{
    script_check_calls(table_calls, sizeof table_calls / sizeof table_calls[0]);
}
END_TEST

START_TEST(tonumber_is_that_of_redis)
{
    script_check_calls(number_calls, sizeof number_calls / sizeof number_calls[0]);
}
END_TEST

Suite *suite_script_string(void)
{
    Suite *suite = suite_create("script_string");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, script_fixture_open, script_fixture_close);
    tcase_add_test(all, string_is_that_of_redis);
    tcase_add_test(all, table_is_that_of_redis);
    tcase_add_test(all, tonumber_is_that_of_redis);
    suite_add_tcase(suite, all);
    return suite;
}
