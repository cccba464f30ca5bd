"""Tables of test_cli.py: commands for a real server, and replies for the scripted one to give."""

# The table of commands.

FIXTURE = [
    ["SET", "text", "hello world"], ["SET", "empty", ""], ["SET", "number", "42"],
    ["SET", "bytes", "\\x00\\x01\\x7f\\xff\\r\\n\\t\\a\\b\\\\\\\"'"], ["SET", "utf8", "h\\xc3\\xa9llo \\xe2\\x82\\xac"],
    ["SET", "lines", "one\\ntwo\\r\\nthree\\n"], ["SETBIT", "bits", "7", "1"],
    ["RPUSH", "list", "a", "b \\\"quoted\\\"", "", "d,comma", "e\\nline"],
    ["RPUSH", "list12", *[str(i) for i in range(12)]], ["RPUSH", "list101", *[str(i) for i in range(101)]],
    ["HSET", "hash", "field", "value", "f 2", "v\\n2", "", "empty"], ["HSET", "hash1", "only", "one"],
    ["SADD", "set1", "only"], ["SADD", "intset", "1", "2", "3"],
    ["ZADD", "zset", "1", "one", "1.5", "one and a half", "-inf", "least", "inf", "most"],
    ["GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania"],
    ["XADD", "stream", "1-1", "a", "1", "b", "2"], ["XADD", "stream", "2-1", "c", "3"],
    ["XGROUP", "CREATE", "stream", "group", "0"], ["PFADD", "hll", "a", "b"],
]

COMMANDS = """
ping
ping hello
echo "hello world"
echo ""
echo "\\x00\\xff"
echo "back\\\\slash and \\"quote\\""
echo "tab\\tnewline\\nreturn\\rbell\\abackspace\\bformfeed\\x0cescape\\x1b"
echo "h\\xc3\\xa9llo"
get text
get empty
get missing
get bytes
get utf8
get lines
get list
get
nonsense
nonsense "with quotes" and\\x01bytes
exists text
exists missing
strlen text
ttl text
ttl missing
incrby text 1
type list
object encoding list
object help
mget text missing number
mget text list
lrange list 0 -1
lrange list12 0 -1
lrange list101 0 -1
lrange missing 0 -1
lrange list 0 0
lindex list 1
lpos list a
lpos list nothing
hgetall hash
hgetall hash1
hgetall missing
hget hash "f 2"
hget hash missing
hkeys hash
hmget hash field missing
hrandfield hash1 1 withvalues
smembers set1
smembers intset
smembers missing
sismember set1 only
smismember set1 only nothing
srandmember missing 3
spop missing
zrange zset 0 -1
zrange zset 0 -1 withscores
zscore zset "one and a half"
zscore zset least
zscore zset most
zscore zset missing
zmscore zset one missing
zrank zset one
zincrby zset 0 one
zrange missing 0 -1
geopos geo Palermo missing
geodist geo Palermo Catania km
geosearch geo frommember Palermo byradius 500 km asc withdist
xrange stream - +
xrange stream 1-1 1-1
xrange missing - +
xread count 1 streams stream 0
xread streams missing 0
xinfo groups stream
xlen stream
xinfo consumers stream group
scan 0 match nothing
hscan hash 0
sscan set1 0
zscan zset 0
pfcount hll
bitcount bits
bitpos bits 1
bitfield bits get u8 0 get i4 0
setbit bits 7 1
getrange text 0 4
select 0
select 99999
config get databases
config get save
config get nothing-of-the-kind
config get maxmemory*
command count
command info get
command info nothing
command getkeys mset a 1 b 2
command docs get
command list filterby module nothing
client getname
client id nonsense
client kill id 12345678
debug protocol string
debug protocol integer
debug protocol double
debug protocol null
debug protocol array
debug protocol set
debug protocol map
debug protocol verbatim
debug protocol true
debug protocol false
latency doctor
latency history nothing
latency latest
memory doctor
memory usage text
memory help
module list
cluster info
cluster nodes
acl whoami
acl cat nothing
acl list
acl getuser default
function list
function stats
script exists abc
eval "return {1,2,{3,'four',{}},false,'x'}" 0
eval "return {err='MYERR of mine'}" 0
eval "return {ok='fine thanks'}" 0
eval "return {1,{2,{3,{4,{5,{6}}}}}}" 0
eval "redis.setresp(3) return {double=3.25}" 0
eval "redis.setresp(3) return {map={a=1}}" 0
eval "redis.setresp(3) return {set={a=true}}" 0
eval "return {{'a'},{'b',{'c','d'}},'e'}" 0
wait 0 0
slowlog len
pubsub channels
pubsub numsub a b
unsubscribe
exec
discard
multi
hello 9
hello nonsense
auth default wrong
reset
info nothing
info keyspace
lolwut version 1 1 1
time nonsense
object freq text
copy text text
getdel missing
lmpop 1 missing left
zadd zset nan x
dbsize
""".strip().splitlines()

# Lines of standard input: quotes, escapes, and what is no command.
LINES = r"""
echo "double"
echo 'single'
echo "a\\b"
echo "\x41\x00\xff\xZZ\x4"
echo "\n\r\t\b\a\q\"\'"
echo '\n\x41\'"'
echo a\nb\x41
echo "open
echo 'open
echo "open\\"
echo "closed\\\\"
echo "glued"word
echo 'glued'word
echo "two""words"
echo word"quoted behind"
echo wo'rd'
echo ""
echo ''
""
"" ""
echo	tab	between
   echo    blanks   around
echo "a  b"
echo héllo
# no comment
ping # no comment
echo a | cat
echo a > b
3 echo again
1 echo once
0 echo never
-2 echo never
99999999999999999999 echo never
3
3 nonsense
2 get
:nothing
get "
"
'
echo \\
\\
set k v ex nonsense
eval "return 1" 0
eval 'return "x"' 0
eval "return redis.error_reply('MY \\x41 error')" 0
""".strip("\n").split("\n")

# The table of replies.

REPLIES = {
    "status": b"+OK\r\n",
    "empty status": b"+\r\n",
    "status with quotes": b"+say \"hi\"\\\r\n",
    "error": b"-ERR something\r\n",
    "error with quotes": b"-ERR say \"hi\"\r\n",
    "empty error": b"-\r\n",
    "integer": b":123\r\n",
    "negative integer": b":-9223372036854775808\r\n",
    "largest integer": b":9223372036854775807\r\n",
    "zero": b":0\r\n",
    "string": b"$5\r\nhello\r\n",
    "empty string": b"$0\r\n\r\n",
    "string with line ends": b"$9\r\na\r\nb\r\n\r\nc\r\n",
    "string of all bytes": b"$256\r\n" + bytes(sorted(set(range(256)) - {34})) + b"z\r\n",
    "null string": b"$-1\r\n",
    "null array": b"*-1\r\n",
    "null": b"_\r\n",
    "true": b"#t\r\n",
    "false": b"#f\r\n",
    "double": b",3.25\r\n",
    "double with exponent": b",1.5e+100\r\n",
    "integral double": b",10\r\n",
    "infinity": b",inf\r\n",
    "negative infinity": b",-inf\r\n",
    "verbatim": b"=15\r\ntxt:Some string\r\n",
    "verbatim markdown with line ends": b"=12\r\nmkd:a\n\"b\"\n\r\n\r\n",
    "empty verbatim": b"=4\r\ntxt:\r\n",
    "empty array": b"*0\r\n",
    "empty set": b"~0\r\n",
    "empty map": b"%0\r\n",
    "array": b"*3\r\n:1\r\n$1\r\na\r\n+OK\r\n",
    "array of one": b"*1\r\n$1\r\na\r\n",
    "array of nulls": b"*3\r\n$-1\r\n*-1\r\n_\r\n",
    "array with an error": b"*2\r\n-ERR no\r\n+OK\r\n",
    "array of empty things": b"*4\r\n*0\r\n%0\r\n~0\r\n$0\r\n\r\n",
    "array of 10": b"*10\r\n" + b"".join(b":%d\r\n" % i for i in range(10)),
    "array of 9": b"*9\r\n" + b"".join(b":%d\r\n" % i for i in range(9)),
    "array of 100 arrays": b"*100\r\n" + b"*2\r\n:1\r\n*1\r\n+x\r\n" * 100,
    "nested arrays": b"*2\r\n*2\r\n:1\r\n*2\r\n:2\r\n:3\r\n*1\r\n*1\r\n:4\r\n",
    "deep array": b"*1\r\n" * 40 + b"+bottom\r\n",
    "set": b"~3\r\n+a\r\n:1\r\n$1\r\nb\r\n",
    "set of sets": b"~2\r\n~2\r\n:1\r\n:2\r\n~1\r\n:3\r\n",
    "map": b"%2\r\n+a\r\n:1\r\n$1\r\nb\r\n$1\r\nc\r\n",
    "map of 5": b"%5\r\n" + b"".join(b":%d\r\n+v%d\r\n" % (i, i) for i in range(5)),
    "map of 12": b"%12\r\n" + b"".join(b"$2\r\nk%c\r\n*2\r\n:1\r\n:2\r\n" % (97 + i) for i in range(12)),
    "map with all keys": b"%7\r\n+s\r\n:0\r\n:5\r\n:1\r\n,1.5\r\n:2\r\n#t\r\n:3\r\n_\r\n:4\r\n=5\r\ntxt:v\r\n:5\r\n-E\r\n:6\r\n",
    "map of maps": b"%2\r\n+a\r\n%1\r\n+b\r\n%2\r\n+c\r\n:1\r\n+d\r\n:2\r\n+e\r\n%0\r\n",
    "map with lists": b"%3\r\n+one\r\n*1\r\n:1\r\n+two\r\n*2\r\n:1\r\n:2\r\n+none\r\n*0\r\n",
    "map with a chain of single values": b"%1\r\n+a\r\n*1\r\n%1\r\n+b\r\n~1\r\n*2\r\n:1\r\n:2\r\n",
    "map with verbatim": b"%1\r\n+a\r\n=8\r\ntxt:a\nb\n\r\n",
    "map in array": b"*2\r\n%1\r\n+a\r\n:1\r\n%2\r\n+b\r\n:2\r\n+c\r\n:3\r\n",
    "array of booleans and doubles": b"*4\r\n#t\r\n#f\r\n,0.1\r\n,-5\r\n",
    "error text with line feed in a bulk": b"$7\r\n-ERR\n\r\n\r\n",
}

# What redis-cli 7.0 gets wrong or does not know: (bytes, {option: wanted output}). Everything is sent after -3.
DIFFERENCES = {
    # redis-cli: "Unknown reply type: 13" and exit status 1
    "big number": (b"(3492890328409238509324850943850943825024385\r\n", {
        "--raw": b"3492890328409238509324850943850943825024385\n",
        "--no-raw": b"(big number) 3492890328409238509324850943850943825024385\n",
        "--csv": b"3492890328409238509324850943850943825024385\n",
        "--json": b"3492890328409238509324850943850943825024385\n",
        "--quoted-json": b"3492890328409238509324850943850943825024385\n"}),
    # redis-cli: protocol error
    "attributes before a value": (b"|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n", {
        "--raw": b"v\n", "--no-raw": b'1| "ttl" => (integer) 3600\n"v"\n'.replace(b'"ttl"', b"ttl"),
        "--csv": b'"v"\n', "--json": b'"v"\n', "--quoted-json": b'"v"\n'}),
    "attributes inside an array": (b"*2\r\n|2\r\n+a\r\n:1\r\n+b\r\n:2\r\n+x\r\n+y\r\n", {
        "--raw": b"x\ny\n",
        "--no-raw": b"1) 1| a => (integer) 1\n   2| b => (integer) 2\n   x\n2) y\n",
        "--csv": b'"x","y"\n', "--json": b'["x","y"]\n', "--quoted-json": b'["x","y"]\n'}),
    "attributes of attributes": (b"|1\r\n|1\r\n+z\r\n:0\r\n+a\r\n:1\r\n|0\r\n:7\r\n", {"--raw": b"7\n", "--json": b"7\n"}),
    # redis-cli: protocol error
    "bulk error": (b"!21\r\nSYNTAX invalid syntax\r\n", {
        "--raw": b"SYNTAX invalid syntax\n\n", "--no-raw": b"(error) SYNTAX invalid syntax\n",
        "--csv": b'ERROR,"SYNTAX invalid syntax"\n', "--json": b'error:"SYNTAX invalid syntax"\n'}),
    # redis-cli: "Bad simple string value"
    "error of two lines": (b"-ERR one\ntwo\r\n", {
        "--raw": b"ERR one\ntwo\n\n", "--no-raw": b"(error) ERR one\ntwo\n", "--csv": b'ERROR,"ERR one\\ntwo"\n',
        "--json": b'error:"ERR one\\ntwo"\n'}),
    # redis-cli: "Bad double value"
    "not a number": (b",nan\r\n", {
        "--raw": b"nan\n", "--no-raw": b"(double) nan\n", "--csv": b"nan\n", "--json": b"nan\n"}),
    # redis-cli: "a\\"b", which no JSON parser reads
    "quote in quoted JSON": (b"$3\r\na\"b\r\n", {"--quoted-json": b'"a\\\\\\"b"\n'}),
    # redis-cli: {"["x"]":1}, which no JSON parser reads
    "array as a key in JSON": (b"%1\r\n*2\r\n+x\r\n:1\r\n:1\r\n", {
        "--json": b'{"\\"x\\",1":1}\n', "--quoted-json": b'{"\\"x\\",1":1}\n'}),
}

# Replies that are no RESP, and what is said about them.
MALFORMED = {
    "unknown type": (b"?1\r\n", b'Protocol error, got "?" as reply type byte'),
    "unprintable type": (b"\x01\r\n", b'Protocol error, got "\\x01" as reply type byte'),
    "empty line": (b"\r\n", b'Protocol error, got "\\x0d" as reply type byte'),
    "integer with letters": (b":12x\r\n", b"Bad integer value"),
    "integer out of range": (b":9223372036854775808\r\n", b"Bad integer value"),
    "empty integer": (b":\r\n", b"Bad integer value"),
    "string length with letters": (b"$5x\r\n", b"Bad bulk string length"),
    "negative string length": (b"$-2\r\n", b"Bulk string length out of range"),
    "huge string length": (b"$9223372036854775807\r\n", b"Bulk string length out of range"),
    "string without its end": (b"$3\r\nabcde\r\n", b"Bulk string without its line end"),
    "array length with letters": (b"*x\r\n", b"Bad multi-bulk length"),
    "negative array length": (b"*-2\r\n", b"Multi-bulk length out of range"),
    "huge array length": (b"*4294967296\r\n", b"Multi-bulk length out of range"),
    "huge map length": (b"%9223372036854775807\r\n", b"Multi-bulk length out of range"),
    "attributes of no length": (b"|-1\r\n", b"Multi-bulk length out of range"),
    "too deep": (b"*1\r\n" * 100000, b"nested too deeply"),
    "too deep by attributes": (b"|1\r\n" * 100000, b"nested too deeply"),
    "bad boolean": (b"#x\r\n", b"Bad bool value"),
    "bad double": (b",1.5x\r\n", b"Bad double value"),
    "bad big number": (b"(12a\r\n", b"Bad bignum value"),
    "bad null": (b"_x\r\n", b"Bad nil value"),
    "short verbatim": (b"=3\r\ntxt\r\n", b"Verbatim string without its format"),
    "verbatim without colon": (b"=5\r\ntxtab\r\n", b"Verbatim string without its format"),
    "fault deep inside": (b"*2\r\n%1\r\n+a\r\n:x\r\n", b"Bad integer value"),
}
