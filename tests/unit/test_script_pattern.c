/* Patterns: what redis-server 7.0.15 found, for those of a generator too, and that no pattern takes for ever. */
#include "base/random.h"
#include "unit/script_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct script_case pattern_calls[] = {
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
    {"local r={} for w in ('aaa'):gmatch('^a') do r[#r+1]=w end return r", "{}"},
    {"local r={} for w in ('a^a'):gmatch('^a') do r[#r+1]=w end return r", "{1='^a'}"},
    {"local r={} for a,b in ('k=v,x=y'):gmatch('(%w)=(%w)') do r[#r+1]=a..b end return r", "{1='kv' 2='xy'}"},
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
    {"return string.match(\" ) bc()cA bb\",\"%b()+$*[z-a]+%x%c[%a-z]-\")", ""},
    {"local r={} for a,b in string.gmatch(\"\",\"a?x?a_[%a-z]-$\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end "
     "end return r",
     "{}"},
    {"local r={} for a,b in string.gmatch(\"bA-Aabc c (a%a\",\"[^ab][a-c]ac+%1+b?\") do r[#r+1]=a r[#r+1]=b or 0 if "
     "#r>60 then break end end return r",
     "{}"},
    {"return string.match(\"b b%._  acA(\",\"%p)[\")", "E:'user_script:1: invalid pattern capture'"},
    {"return string.match(\"%\\000ca\",\"^[^]][]]%f[^a]%s()\")", ""},
    {"return string.match(\" \",\"%xc+^%l[a-]*\")", ""},
    {"return string.find(\"% caxb\\000b\",\"%-x?[z-a]\")", ""},
    {"return string.match(\"1A.ba)aabaa-\",\"%u-()\")", "1"},
    {"return string.match(\"%_ac) .aaAb\",\"_%.+[ab]+()\")", ""},
    {"return string.gsub(\"xacAc-)\",\"\",\"%a\")", "'axaaacaAaca-a)a' 8"},
    {"return string.gsub(\"\",\"%f[%w]c%p*%a\",{a=\"x\",ab=1,b=false})", "'' 0"},
    {"return string.gsub(\"(c((1b1) .Aac\",\"(%%)x[a-]\",{a=\"x\",ab=1,b=false})", "'(c((1b1) .Aac' 0"},
    {"return string.find(\"cb(1\",\"(%a(.()))$\",2)", ""},
    {"return string.gsub(\"a\",\"[]][^ab]a*[ab]?[z-a]?b\",\"<%1%2>\")", "'a' 0"},
    {"return string.gsub(\"cx%A%\",\"%u%a%l+%p%b()?\",\"\")", "'cx%A%' 0"},
    {"return string.match(\"b\\000cAcb..bcb\\000bc\",\"[%a%-]-%f[^a](x)%1*\")", ""},
    {"return string.gsub(\"\",\"[%][%a-z]$\",{a=\"x\",ab=1,b=false})", "'' 0"},
    {"return string.gsub(\"(a b1(b-cabcA\",\"^\",{a=\"x\",ab=1,b=false})", "'(a b1(b-cabcA' 1"},
    {"local r={} for a,b in string.gmatch(\".c( aba%c\",\"^%f[%w]%u%l?\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then "
     "break end end return r",
     "{}"},
    {"return string.find(\"c% b(x.c%A )b\",\"\",6)", "6 5"},
    {"local r={} for a,b in string.gmatch(\"c(1b)(cacx1\",\"[^ab]?$\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break "
     "end end return r",
     "{1='1' 2=0 3='' 4=0}"},
    {"return string.match(\"-\\000A\",\"^\")", "''"},
    {"return string.match(\"-ca%)\\000-a\",\"^[a-c])+b*\")", ""},
    {"return string.find(\"x %c..)_\",\"[a-c][%]+%s(%%b*)\")", "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.gsub(\"a b.a_A_x\",\"[^]]?%1\",function(a,b) return false end)",
     "E:'user_script:1: invalid capture index'"},
    {"local r={} for a,b in string.gmatch(\"\",\"%f[^a]\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end end "
     "return r",
     "{}"},
    {"return string.find(\"( acx\\000(A%)xcA.\",\"$\",6)", "15 14"},
    {"return string.gsub(\"\\000a.\",\".*%p[ab]*%p-\",\"%%\")", "'%' 1"},
    {"local r={} for a,b in string.gmatch(\"b\",\"[?[a-c]-%p%c[z-a]*%a\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then "
     "break end end return r",
     "{}"},
    {"return string.find(\"a\",\"%A[%a%-]-()+[%a%-]?[\")", ""},
    {"return string.gsub(\".A% . (1ccaacc\",\"%baba%l+%?(\",function(a,b) return false end)", "'.A% . (1ccaacc' 0"},
    {"return string.find(\")b\\000c\\000\\0001cbx )c\",\"c?[^]]+%f[%w]\")", "1 12"},
    {"return string.match(\")\",\".-[ab](\")", ""},
    {"return string.gsub(\"%aca) \",\"%z%f[^a]%p?\",function(a,b) return nil end)", "'%aca) ' 0"},
    {"return string.find(\"_ x.\",\"%s*b*%1?\")", "E:'user_script:1: invalid capture index'"},
    {"return string.gsub(\"b-%A )ac  -\",\"[z-a]+[%a%-]%u%u^-$\",\"%0\")", "'b-%A )ac  -' 0"},
    {"return string.gsub(\"_cb.b_ b%(\",\"%2-[%]$\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: invalid capture index'"},
    {"return string.match(\"a c\",\"%p-%f[^a]^-%c*%w*%x\")", ""},
    {"return string.match(\"x)cccb b(_cA\",\"(*\")", ""},
    {"return string.find(\"%\",\"(.)\",2)", ""},
    {"return string.find(\"c(\\000\",\"^()\",-1)", "3 2 3"},
    {"return string.gsub(\"(Aba)aA)cx\",\"(%z[^]]\\000[%a-z]+)\",{a=\"x\",ab=1,b=false})", "'(Aba)aA)cx' 0"},
    {"return string.find(\"_cc)x\",\"c\")", "2 2"},
    {"return string.gsub(\"c% b%)\",\"^)--%w[%]_\",\"a%9\")", "E:'user_script:1: invalid pattern capture'"},
    {"return string.gsub(\"\",\"%f[%w]+%f[%w]%1*\",{a=\"x\",ab=1,b=false})", "'' 0"},
    {"return string.find(\"x b%1\\000\",\"^%bab\")", ""},
    {"return string.gsub(\"\",\")%c[%]()\",\"a%9\")", "E:'user_script:1: invalid pattern capture'"},
    {"return string.gsub(\"cxAbbaa\",\"\",function(a,b) return 1 end)", "'1c1x1A1b1b1a1a1' 8"},
    {"return string.gsub(\"1_ cab_b.(c\",\"%u(%bab)\",\"%\")", "'1_ cab_b.(c' 0"},
    {"return string.gsub(\"_a)xbb11\",\"()%c\",function(a,b) return false end)", "'_a)xbb11' 0"},
    {"return string.gsub(\") A\",\"\",{a=\"x\",ab=1,b=false})", "') A' 4"},
    {"return string.match(\"%.\\000c_\",\"_%u+c\")", ""},
    {"return string.gsub(\"b.x--.AAb cab\",\"^\",\"%%\")", "'%b.x--.AAb cab' 1"},
    {"return string.gsub(\"x_.cc\",\"^[z-a]%%\",\"%0\")", "'x_.cc' 0"},
    {"return string.find(\"aa (\\000 %-a1\\000(\\000\",\"[%a-z]%[z-a][^ab]$\",6)", ""},
    {"return string.match(\"c )1\",\"[%w_]*()((x*))\")", "2 '' ''"},
    {"local r={} for a,b in string.gmatch(\")a_b\\000\",\"$\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end end "
     "return r",
     "{1='' 2=0}"},
    {"return string.match(\"ab-%\",\"\")", "''"},
    {"return string.gsub(\"b- %c.b _)b\",\")+\",{a=\"x\",ab=1,b=false})", "E:'user_script:1: invalid pattern capture'"},
    {"return string.find(\"Aca1\\000(x1bcbc\",\"%2[]]+.%u\",-3)", "E:'user_script:1: invalid capture index'"},
    {"return string.find(\"bb%%A_ bb  A1\",\"^[%]%c$%bab+%z?%.-\")",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.match(\"b%c 1-aaA%(b\",\"(%1+%z[^ab]?)\")", "E:'user_script:1: invalid capture index'"},
    {"return string.gsub(\"c\",\"%A*[a-c]-\",\"%a\")", "'aca' 2"},
    {"return string.gsub(\"_b\",\"^[%a%-][ab]\\000+%p+[z-a]+\",function(a,b) return a end)", "'_b' 0"},
    {"local r={} for a,b in string.gmatch(\"a\\000\\000x%a1Ac\",\"^+%?%z*[ab][a-c]\") do r[#r+1]=a r[#r+1]=b or 0 if "
     "#r>60 then break end end return r",
     "{}"},
    {"return string.find(\"x\\000\",\"%s\",0)", ""},
    {"return string.gsub(\"x\",\"^a*%1+_%f[^a]%.*[%w_]-\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: invalid capture index'"},
    {"return string.gsub(\"1axc- .b.A_)\",\"^(-%pb$\",{a=\"x\",ab=1,b=false})", "'1axc- .b.A_)' 0"},
    {"return string.gsub(\")(%a- _cAb\",\"%f[^a]%w+%(\",{a=\"x\",ab=1,b=false})", "')(%a- _cAb' 0"},
    {"local r={} for a,b in string.gmatch(\".xbb \\000A\",\"-(()$)\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break "
     "end end return r",
     "{}"},
    {"return string.find(\" (b x\",\"%z%?$\",2)", ""},
    {"return string.find(\"\\000cc \\000-axccb- \",\"((*%w())\")", ""},
    {"return string.gsub(\"bbx.  c_ \",\"%c()[%][ab]-\",function(a,b) return nil end)", "'bbx.  c_ ' 0"},
    {"return string.gsub(\"c) %a%c\",\"\",{a=\"x\",ab=1,b=false})", "'c) %a%c' 8"},
    {"return string.find(\"(a.aa ax\",\"\",3)", "3 2"},
    {"return string.gsub(\"AA)b%(  c.\",\"%w$\",\"%\")", "'AA)b%(  c.' 0"},
    {"return string.find(\"\\000\",\"%w+%[%w_]?()\",-3)", ""},
    {"return string.gsub(\"-ccc( abba\",\"[%w_]-($\",\"%a\")", "'-ccc( aa' 2"},
    {"return string.find(\"c\",\"[^ab]-%u%%\",1)", ""},
    {"return string.find(\"._.a(.b\",\"\")", "1 0"},
    {"return string.find(\"bcax%\\000   A\",\"%b()%%?%-()\",6)", ""},
    {"return string.match(\"A)aA\\000A))\\000_\",\"^(%.+)\")", ""},
    {"return string.gsub(\" -b_\",\"[%w_]\",{a=\"x\",ab=1,b=false})", "' -b_' 2"},
    {"return string.gsub(\"a(c-caa-a%x\",\"[+%+%c_%bab\",function(a,b) return a end)",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.find(\"a\\000Ab Axx\",\"%bab(\")", "E:'user_script:1: unfinished capture'"},
    {"return string.gsub(\"_. \\000)1%aa(xc\",\"()%l(\",function(a,b) return a end)",
     "E:'user_script:1: unfinished capture'"},
    {"return string.gsub(\"-c%ca Aa Ab(.)\",\"^(\",\"x\")", "'x-c%ca Aa Ab(.)' 1"},
    {"local r={} for a,b in string.gmatch(\" xb(bcxc-%\",\"%u*%u*$\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break "
     "end end return r",
     "{1='' 2=0}"},
    {"return string.gsub(\"(-cAc\\000\\000\",\"%u+)-x*%l\",\"x\")", "E:'user_script:1: invalid pattern capture'"},
    {"local r={} for a,b in string.gmatch(\".a.A aa(\",\"$%b()+[^ab]*a\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then "
     "break end end return r",
     "{}"},
    {"return string.match(\".1a a. (b1c\",\"%x+%l\")", "'1a'"},
    {"local r={} for a,b in string.gmatch(\"b_\",\"c-\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end end "
     "return r",
     "{1='' 2=0 3='' 4=0 5='' 6=0}"},
    {"return string.gsub(\")b\",\"[ab]?)[%a-z]*^([%a%-]$\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: invalid pattern capture'"},
    {"local r={} for a,b in string.gmatch(\"a(( aA\",\".%b()+%%d%f[%w]\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then "
     "break end end return r",
     "{}"},
    {"return string.gsub(\" % \",\"^%l()\",function(a,b) return a end)", "' % ' 0"},
    {"local r={} for a,b in string.gmatch(\"\\000a(A\\000%(. _.1\",\"%%%s+[z-a]%d*%d-$\") do r[#r+1]=a r[#r+1]=b or 0 "
     "if #r>60 then break end end return r",
     "{}"},
    {"return string.gsub(\"bc \",\"(%px$\",function(a,b) return a end)", "'bc ' 0"},
    {"return string.match(\"() )A bb(Ab% b\",\"^%s-)?%u*%f[^a]+\")", "E:'user_script:1: invalid pattern capture'"},
    {"return string.find(\".b\",\"[%w_]*%p.%%[%]+\")", ""},
    {"return string.gsub(\" xa\",\"[%])*-*(\",function(a,b) return nil end)",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"local r={} for a,b in string.gmatch(\"A)( _ )x%\",\"b%%-[a-]%f[%w]-%l+\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 "
     "then break end end return r",
     "{}"},
    {"return string.find(\"cc\",\"[%a%-]$\")", "2 2"},
    {"return string.find(\".b.b--a.ac\",\"$\")", "11 10"},
    {"return string.find(\"xbaa-.abc%\",\"%d%d\",2)", ""},
    {"return string.gsub(\"_%c1_%\",\"^%u*\",function(a,b) return false end)", "'_%c1_%' 1"},
    {"return string.match(\" c\\000c 1.%%b1aA\",\"%2-[%a%-]*[^ab]$\")", "E:'user_script:1: invalid capture index'"},
    {"return string.find(\" ccc)_ b(\",\"([a-]*(%b()-))\")", ""},
    {"return string.find(\"b_\",\"[%w_]%u+\",6)", ""},
    {"return string.gsub(\"1a1)a aA1bbb\",\"^%.[]]%z(?\",\"%a\")", "'1a1)a aA1bbb' 0"},
    {"return string.gsub(\"( - \",\"[z-a]+%x%b+%%*$\",\"%%\")", "'( - ' 0"},
    {"return string.gsub(\"-._ b1a bc-b1\",\"%z+\",\"<%1%2>\")", "'-._ b1a bc-b1' 0"},
    {"return string.match(\"A(\",\"c[^]][%]*%p\")", ""},
    {"return string.match(\"-%1cac\",\"%A*\")", "'-%1'"},
    {"return string.find(\"1.)  b%-c\",\"[ab]*%a+%1*[%a-z]*\")", "E:'user_script:1: invalid capture index'"},
    {"local r={} for a,b in string.gmatch(\"\",\"[%a-z]*%u-%%+\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end "
     "end return r",
     "{}"},
    {"return string.gsub(\"1A -\",\"^%a%d+c*.\",{a=\"x\",ab=1,b=false})", "'1A -' 0"},
    {"return string.find(\" )b\\000- A\",\"\",-3)", "5 4"},
    {"return string.match(\")b)(a%b  aA-c.\",\"^%f[%w]*(%f[%w]?%.^*\")", ""},
    {"return string.find(\" 1x\\000a_\",\"\")", "1 0"},
    {"return string.find(\"a_1(.c) (  \",\"\",-3)", "9 8"},
    {"return string.gsub(\"\",\"%b()%d*_\",function(a,b) return nil end)", "'' 0"},
    {"return string.gsub(\"ba1%x- \",\"^\",{a=\"x\",ab=1,b=false})", "'ba1%x- ' 1"},
    {"return string.gsub(\"ac\\000.b% %a\",\"()\",\"a%9\")", "E:'user_script:1: invalid capture index'"},
    {"return string.find(\"ba-A%%%a bc%\",\")-(%z%%p*)\",-3)", "E:'user_script:1: invalid pattern capture'"},
    {"return string.match(\"1\",\"%s\")", ""},
    {"return string.find(\"c.\",\")(%A%z-)\",1)", "E:'user_script:1: invalid pattern capture'"},
    {"return string.find(\"%bc( ax %c\",\"\",0)", "1 0"},
    {"return string.find(\".1xa\\000_\\000bb%\",\"^\")", "1 0"},
    {"return string.find(\"_\",\"^%%+$?((*%A+)\")", ""},
    {"return string.find(\" (a1A)\",\"^\")", "1 0"},
    {"return string.find(\"\\000\\000x _ --\\000x-a%_\",\")[ab]%[%a%-]-%w\",0)",
     "E:'user_script:1: invalid pattern capture'"},
    {"return string.find(\")..  (%-a) \",\"a(%.+[%]\")", ""},
    {"return string.match(\"cbbcA.%  b)1A-\",\"[%]?%l.*([%a%-]%d+)\")", ""},
    {"local r={} for a,b in string.gmatch(\"a)x\\000ccA-(c%\\000x \",\"^$[^ab]?(%1+[]]+)\") do r[#r+1]=a r[#r+1]=b or "
     "0 if #r>60 then break end end return r",
     "{}"},
    {"return string.find(\"bb_\",\"()\",4)", "4 3 4"},
    {"return string.gsub(\"1aac.\",\"_%l[ab]+%z-$\",{a=\"x\",ab=1,b=false})", "'1aac.' 0"},
    {"return string.gsub(\"bcaa Ab_A_) (\",\"$\",{a=\"x\",ab=1,b=false})", "'bcaa Ab_A_) (' 1"},
    {"return string.gsub(\"\",\"%bab[a-c][%]?((%l))$\",\"%a\")", "'' 0"},
    {"return string.gsub(\"(c) )c\",\"^\",{a=\"x\",ab=1,b=false})", "'(c) )c' 1"},
    {"return string.find(\"_\",\".[a-c]*[]]-%w)a+\")", ""},
    {"local r={} for a,b in string.gmatch(\"))%\\000xb%bc.._-\",\"^\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break "
     "end end return r",
     "{}"},
    {"return string.match(\"\\000-ba\",\"()\")", "1"},
    {"return string.gsub(\"c %_)b%\\0001ab-.a\",\"([%]*)\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.gsub(\"ac)1 a \",\"\",{a=\"x\",ab=1,b=false})", "'ac)1 a ' 8"},
    {"return string.gsub(\"%ba1b1bbaaA)A)\",\"%1-\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: invalid capture index'"},
    {"return string.match(\"x.b  a% c \",\"b%l%p%p$\")", ""},
    {"return string.find(\")%-)1c).(%\",\"%s[]][]]()?)\")", ""},
    {"return string.match(\"  --.(b)bbAa(1\",\"()[z-a]%.+%bab-c\")", ""},
    {"return string.gsub(\"a _A\",\"[%w_]%f[%w]-[ab]+%1$\",function(a,b) return false end)", "'a _A' 0"},
    {"return string.match(\"(Acb\",\"[a-]\")", ""},
    {"return string.find(\"_1.\\000\",\"(a?a+)%c-\")", ""},
    {"return string.find(\"_b)x)b\",\"[ab]-b()\",-3)", "6 6 7"},
    {"return string.match(\"_ b.c)-\\000 aaxa\",\"[z-a]%s%f[%w]-(())\")", ""},
    {"return string.gsub(\" 1_a1a- \",\"^%a[a-c][a-c]?$\",function(a,b) return nil end)", "' 1_a1a- ' 0"},
    {"return string.match(\"\\000\\000) - xx( \",\"()\")", "1"},
    {"return string.find(\"1%cca)Axb\",\"%d+%z((%A*))\")", ""},
    {"return string.find(\"-_bbb.ca.cbA\",\"%w+(\")", "E:'user_script:1: unfinished capture'"},
    {"return string.match(\"-bca .\",\"$-c-[%%.*)+\")", "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.find(\"Axa)\",\"%.-[a-c]?\\000--%s+\",-3)", "2 1"},
    {"return string.gsub(\"c  bcc-a\",\"%bab-%bab\",\"%1\")", "'c  bcc-a' 0"},
    {"return string.gsub(\"\",\"[ab]\",{a=\"x\",ab=1,b=false})", "'' 0"},
    {"return string.gsub(\".b)xaA -a  %\",\"[ab][^]]-%a?%u\",function(a,b) return 1 end)", "'.1 -a  %' 1"},
    {"return string.gsub(\"a)x-xaccc%b\",\"^%x[%w_]-[+%w(($\",{a=\"x\",ab=1,b=false})",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"return string.match(\"1))b-)A%_b(-c\",\"()[%a%-]([^ab][%f[%w]\")", "E:'user_script:1: unfinished capture'"},
    {"return string.find(\"a)\",\"\\000+\",2)", ""},
    {"return string.gsub(\"a_\\000)( b\",\"[%]())\",function(a,b) return 1 end)",
     "E:'user_script:1: malformed pattern (missing ']')'"},
    {"local r={} for a,b in string.gmatch(\"1 c(1 \",\"[%a%-]a\") do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end "
     "end return r",
     "{}"},
    {"return string.find(\"b)ba((a \",\"\",5)", "5 4"},
    {"return string.gsub(\".b \",\"[ab][%a-z]-%a+%w\",{a=\"x\",ab=1,b=false})", "'.b ' 0"},
    {"return string.gsub(\"11-.-.x%-b.\",\"-().?%u\",function(a,b) return nil end)", "'11-.-.x%-b.' 0"},
    {"return string.gsub(\".bcA_\",\"%A()$\",\"a%9\")", "E:'user_script:1: invalid capture index'"},
    {"return string.find(\"-1(.b1\",\"[^]].?[a-]?%x\")", "1 2"},
    {"return string.gsub(\"-)ax1a%cA\",\"\",\"%1\")", "'-)ax1a%cA' 10"},
    {"return string.gsub(\")_.\",\"%f[%w]+(%a?)\",function(a,b) return a end)", "')_.' 0"},
    {"return string.find(\"bca\\000c\",\"[%a-z]+%l?()+%A^-()\",1)", ""},
    {"return string.match(\"((b%_( ((\",\"%l)?)+%b()$[^ab]?$\")", "E:'user_script:1: invalid pattern capture'"},
    {"return string.match(\"\\000 cbbx%1.)cbx\",\"%d()\")", "9"},
    {"return string.gsub(\")cc1\",\"\",{a=\"x\",ab=1,b=false})", "')cc1' 5"},
    {"return string.gsub(\" \",\"^\",{a=\"x\",ab=1,b=false})", "' ' 1"},
    {"return string.find(\"a %. x\",\"()()+-*)\",-4)", ""},
    {"return string.find(\"%A\\000a\",\"%x-%z+%a+\")", "2 4"},
    {"return string.gsub(\".) _c_aacc \",\"%pc?\",function(a,b) return false end)", "'.) _c_aacc ' 4"},
    {"return string.find(\"ba a\",\"^%.%1+\",-2)", ""},
    {"return string.gsub(\"x-\",\"^[a-c]\",\"x\")", "'x-' 0"},
    {"return string.gsub(\".cc Acc.%\",\"^[%a%-]+[%a-z]%x-%l?[%]%a\",function(a,b) return nil end)", "'.cc Acc.%' 0"},
};

/* Without interruptions each would take longer than anybody lives, or the C stack. */
static const char *const endless[] = {
    "return ('a'):rep(1000):find(('a*'):rep(20) .. 'b')",
    "return ('a'):rep(100000):find('.-.-.-.-b')",
    "return ('a'):rep(40):match(('a?'):rep(40) .. ('a'):rep(40))",
    "return ('a'):rep(100000):match(('(a)'):rep(30) .. '.-b')",
    "return ('x'):rep(1000000):find('%bxy')",
    "return ('a'):rep(1000000):gsub('.-b', '')",
    "for word in ('a'):rep(1000000):gmatch('.-b') do end",
    "return ('a'):rep(200000):find('(.-)%1b')",
    "return ('['):rep(1000000):find('[' .. ('%a'):rep(100000) .. ']')",
    "return ('x'):rep(100000):find('[' .. ('%a%d'):rep(100000) .. ']*y')",
    "return ('x'):rep(1000000):find('%f[' .. ('%d'):rep(100000) .. ']')",
};

START_TEST(patterns_can_be_interrupted)
{
    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        script_interrupts_left = 100;
        ck_assert_msg(strcmp(script_result(endless[i]), "E:user_script:1: interrupted") == 0, "%s: %s", endless[i],
                      script_result(endless[i]));
        ck_assert_uint_eq(script_interrupts_left, 0);
    }
}
END_TEST

START_TEST(deep_patterns_are_refused)
{
    static const struct script_case cases[] = {
        {"return #('a'):rep(900):match(('a?'):rep(900))", "900"},
        {"return ('a'):rep(5000):match(('a?'):rep(5000))", "E:user_script:1: pattern too complex"},
        {"return ('a'):rep(5000):match(('a*'):rep(5000))", "E:user_script:1: pattern too complex"},
        {"return ('a'):rep(5000):match(('a-'):rep(5000))", "E:user_script:1: pattern too complex"},
        {"return #('a'):rep(1000000):match('a*')", "1000000"},
        {"return #('a'):rep(1000000):match('a-$')", "1000000"},
        {"return #('a'):rep(1000000):match(('a'):rep(1000000))", "1000000"},
    };
    script_check_cases(cases, sizeof cases / sizeof cases[0]);
}
END_TEST

/* Any bytes as pattern and subject: an answer or an error, in bounded time. */
START_TEST(random_patterns_come_to_an_end)
{
    static const char pieces[] = "ab.%%[]^$()*+-?bfadswxz019_ \n";
    struct random_state random;
    const char *seed = getenv("KVS_SEED");
    ck_assert_ptr_nonnull(seed);
    random_seed(&random, strtoull(seed, NULL, 10));
    for (int round = 0; round < 5000; round++) {
        char text[400], pattern[41];
        size_t len = random_below(&random, 40);
        for (size_t i = 0; i < len; i++)
            pattern[i] = pieces[random_below(&random, sizeof pieces - 1)];
        pattern[len] = '\0';
        static const char *const calls[] = {"return tostring(('aab ab_9 [b] abba'):find([==[%s]==]))",
                                            "return #('aab ab_9 [b] abba'):gsub([==[%s]==], '%%%%1')",
                                            "for a, b in ('aab ab_9 [b] abba'):gmatch([==[%s]==]) do end"};
        snprintf(text, sizeof text, calls[round % 3], pattern);
        script_interrupts_left = 200;
        script_result(text);
    }
}
END_TEST

START_TEST(patterns_find_what_they_find_in_redis)
{
    script_check_calls(pattern_calls, sizeof pattern_calls / sizeof pattern_calls[0]);
}
END_TEST

Suite *suite_script_pattern(void)
{
    Suite *suite = suite_create("script_pattern");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, script_fixture_open, script_fixture_close);
    tcase_add_test(all, patterns_can_be_interrupted);
    tcase_add_test(all, deep_patterns_are_refused);
    tcase_add_test(all, random_patterns_come_to_an_end);
    tcase_add_test(all, patterns_find_what_they_find_in_redis);
    suite_add_tcase(suite, all);
    return suite;
}
