"""Lines as they are being typed, with what is to be shown: for test_words.py.

A ^ is the cursor. A line that begins with blanks continues the one above. Backslashes stand for themselves.
"""

import re

# What is hinted after the cursor, by redis-server 7.0.
REDIS_HINTS = r"""
set^ key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set ^key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k^ value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k ^value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k v^ [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k v EX^ seconds [NX|XX] [GET]
set k v EX 10^ [NX|XX] [GET]
set k v ex 10 nx ^[GET]
set k v EX 10 GET NX^
set k v KEEPTTL ^[NX|XX] [GET]
set k nx ^[NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k v FOO ^
set k v e^
set k v PXA^T unix-time-milliseconds [NX|XX] [GET]
set k v ex 10 g^et [NX|XX]
set "k^ value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set "k k" v ^[NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set 'a "b' ^value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT
    unix-time-milliseconds|KEEPTTL]
set k "v" n^x [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
set k"v"w ^
5 set k ^value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]
5 ^
SET k v | ^
set k v > ^
ge^
geta^
gete^x key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]
nosuch ^
get k too many ^
conf^ig GET|HELP|RESETSTAT|REWRITE|SET
config ^GET|HELP|RESETSTAT|REWRITE|SET
config g^et parameter [parameter ...]
config set ^parameter value [parameter value ...]
config set maxmemory ^value [parameter value ...]
config set maxmemory 1 ^[parameter value ...]
getex k ^[EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]
getex k persist ^
mset ^key value [key value ...]
mset a ^value [key value ...]
mset a 1 ^[key value ...]
del a b^ [key ...]
ping ^[message]
append k ^value
auth ^[username] password
auth someone ^password
hello ^[protover [AUTH username password] [SETNAME clientname]]
hello 3 ^[AUTH username password] [SETNAME clientname]
hello 3 setname me ^[AUTH username password]
acl log ^[count|RESET]
acl setuser ^username [rule [rule ...]]
acl setuser u on ^[rule ...]
acl dryrun u get ^[arg [arg ...]]
client kill ^<ip:port|<ID client-id|TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>|USER username|ADDR ip:port|LADDR
    ip:port|SKIPME yes/no> ...>
client kill 127.0.0.1:1 ^
client kill id 5 ^[<ID client-id|TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>|USER username|ADDR ip:port|LADDR
    ip:port|SKIPME yes/no> ...]
client kill ID 5 TYPE ^NORMAL|MASTER|SLAVE|REPLICA|PUBSUB [<ID client-id|TYPE
    <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>|USER username|ADDR ip:port|LADDR ip:port|SKIPME yes/no> ...]
client reply ^ON|OFF|SKIP
client tracking on ^[REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]
client list id 1 2 type ^NORMAL|MASTER|REPLICA|PUBSUB
zadd ^key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]
zadd k nx ch ^[GT|LT] [INCR] score member [score member ...]
zadd k 1 ^member [score member ...]
zadd k 1 m ^[score member ...]
zadd k 1 m nx ^member [score member ...]
zrange k 0 -1 ^[BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
zrange k 0 -1 bylex limit ^offset count [REV] [WITHSCORES]
zinter 2 a ^key [WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]
zinter 2 a b ^[WEIGHTS weight [weight ...]] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]
zinter 2 weights limit weights 1 ^[weight ...] [AGGREGATE <SUM|MIN|MAX>] [WITHSCORES]
hscan k 0 count 5 ^[MATCH pattern]
hset k f ^value [field value ...]
hrandfield k ^[count [WITHVALUES]]
lmpop ^numkeys key [key ...] LEFT|RIGHT [COUNT count]
lmpop 2 ^key [key ...] LEFT|RIGHT [COUNT count]
lmpop 2 a^ key LEFT|RIGHT [COUNT count]
lmpop 2 a b ^LEFT|RIGHT [COUNT count]
lmpop many a b ^[key ...] LEFT|RIGHT [COUNT count]
blmove a b left ^LEFT|RIGHT timeout
blpop k ^[key ...] timeout
linsert k ^BEFORE|AFTER pivot element
linsert k pivot ^
lpos k e rank ^rank [COUNT num-matches] [MAXLEN len]
sintercard 1 k ^[LIMIT limit]
sort k ^[BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA] [STORE destination]
sort k by p get x ^[GET pattern ...] [LIMIT offset count] [ASC|DESC] [ALPHA] [STORE destination]
sort k store d alpha get ^pattern [GET pattern ...] [BY pattern] [LIMIT offset count] [ASC|DESC]
bitfield k ^[<GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY encoding offset
    increment>> ...]
bitfield k get u8 0 ^[<GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY encoding
    offset increment>> ...]
bitfield k OVERFLOW wrap ^<SET encoding offset value|INCRBY encoding offset increment> [<GET encoding
    offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY encoding offset increment>> ...]
bitfield k set u8 ^offset value [<GET encoding offset|[OVERFLOW <WRAP|SAT|FAIL>] <SET encoding offset value|INCRBY
    encoding offset increment>> ...]
bitfield_ro k get u8 0 ^[GET encoding offset ...]
bitpos k 1 ^[start [end [BYTE|BIT]]]
bitcount k 0 -1 ^[BYTE|BIT]
geoadd k ^[NX|XX] [CH] longitude latitude member [longitude latitude member ...]
geosearch k ^<FROMMEMBER member|FROMLONLAT longitude latitude> <BYRADIUS radius <M|KM|FT|MI>|BYBOX width height
    <M|KM|FT|MI>> [ASC|DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
geosearch k byradius 5 ^M|KM|FT|MI <FROMMEMBER member|FROMLONLAT longitude latitude> [ASC|DESC] [COUNT count [ANY]]
    [WITHCOORD] [WITHDIST] [WITHHASH]
geosearch k byradius 5 m ^<FROMMEMBER member|FROMLONLAT longitude latitude> [ASC|DESC] [COUNT count [ANY]]
    [WITHCOORD] [WITHDIST] [WITHHASH]
geosearch k frommember m bybox 1 2 km count 3 ^[ANY] [ASC|DESC] [WITHCOORD] [WITHDIST] [WITHHASH]
georadius k 1 2 3 m store ^key [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC|DESC] [STOREDIST key]
xadd ^key [NOMKSTREAM] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] *|id field value [field value ...]
xadd s ^[NOMKSTREAM] [<MAXLEN|MINID> [=|~] threshold [LIMIT count]] *|id field value [field value ...]
xadd s maxlen ^[=|~] threshold [LIMIT count] [NOMKSTREAM] *|id field value [field value ...]
xadd s maxlen ~ 1000 ^[LIMIT count] [NOMKSTREAM] *|id field value [field value ...]
xadd s * ^field value [field value ...]
xadd s 1-1 f ^value [field value ...]
xread ^[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]
xread count 5 streams ^key [key ...] id [id ...]
xreadgroup group ^group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]
xreadgroup group g c noack ^[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]
xreadgroup group g c streams s > ^[key ...] id [id ...]
xclaim s g c 0 1-1 ^[id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]
xgroup create s g $ ^[MKSTREAM] [ENTRIESREAD entries_read]
xinfo stream s full ^[COUNT count]
xpending s g ^[[IDLE min-idle-time] start end count [consumer]]
xpending s g idle 5 - ^end count [consumer]
xtrim s ^MAXLEN|MINID [=|~] threshold [LIMIT count]
eval ^script numkeys [key [key ...]] [arg [arg ...]]
eval "return 1" 0 ^[arg [arg ...]]
eval "return 1" 2 a ^key [arg [arg ...]]
eval "return 1" 2 a b ^[arg [arg ...]]
fcall f 1 ^key [arg [arg ...]]
function load ^[REPLACE] function-code
function restore x ^[FLUSH|APPEND|REPLACE]
scan 0 match * ^[COUNT count] [TYPE type]
copy a b ^[DB destination-db] [REPLACE]
restore k 0 v ^[REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
migrate h 6379 ^key|"" destination-db timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] [KEYS key
    [key ...]]
migrate h 6379 "" 0 ^timeout [COPY] [REPLACE] [AUTH password|AUTH2 username password] [KEYS key [key ...]]
migrate h 6379 "" 0 1 auth2 u ^password [COPY] [REPLACE] [KEYS key [key ...]]
failover to h 1 ^[FORCE] [ABORT] [TIMEOUT milliseconds]
replicaof ^<host port|NO ONE>
replicaof no ^ONE
shutdown ^[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]
command list ^[FILTERBY <MODULE module-name|ACLCAT category|PATTERN pattern>]
script flush ^[ASYNC|SYNC]
lcs a b ^[LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]
memory usage k ^[SAMPLES count]
module loadex p config a 1 ^[CONFIG name value ...] [ARGS arg [arg ...]]
psubscribe ^pattern [pattern ...]
help^ [COMMAND|@GROUP]
help ^[COMMAND|@GROUP]
:set ^hints|nohints
quit^
del a | ^
del a > ^
del a >> f^
del a |^ [key ...]
xreadgroup group g c streams s | ^
? ^
"""

# The same, by kvs-server.
KVS_HINTS = r"""
set k v ex 1 ^[NX|XX|IFEQ ifeq-value|IFNE ifne-value|IFDEQ ifdeq-digest|IFDNE ifdne-digest] [GET]
getex ^key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]
config set ^parameter value [parameter value ...]
client setinfo ^<LIB-NAME libname|LIB-VER libver>
client kill ^<ip:port|<ID client-id|TYPE <NORMAL|MASTER|SLAVE|REPLICA|PUBSUB>|USER username|ADDR ip:port|LADDR
    ip:port|SKIPME <YES|NO>> ...>
client list id 1 ^[client-id ...] [TYPE <NORMAL|MASTER|REPLICA|PUBSUB>]
acl dryrun ^username command [arg [arg ...]]
acl ^CAT|DELUSER|DRYRUN|GENPASS|GETUSER|HELP|LIST|LOAD|LOG|SAVE|SETUSER|USERS|WHOAMI
copy a ^destination [DB destination-db] [REPLACE]
scan 0 ^[MATCH pattern] [COUNT count] [TYPE type]
mset a ^value [key value ...]
hello 3 ^[AUTH username password] [SETNAME clientname]
function flush ^[ASYNC|SYNC]
command getkeys ^command [arg [arg ...]]
lcs a b ^[LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]
latency histogram ^[COMMAND [COMMAND ...]]
expire k 1 ^[NX|XX|GT|LT]
memory usage k ^[SAMPLES count]
xread ^[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]
lolwut ^
flushall ^[ASYNC|SYNC]
"""

# What Tab finds, by redis-server 7.0.
REDIS_COMPLETIONS = r"""
get^ -> get getbit getdel getex getrange getset
GETE^ -> GETEX
Gete^ -> getex
conf^ -> config
se^t k v -> select set setbit setex setnx setrange
5 expiret^ -> expiretime
config ^ -> get help resetstat rewrite set
CONFIG ^ -> GET HELP RESETSTAT REWRITE SET
config G^ -> GET
client k^ -> kill
client reply ^ -> off on skip
client reply o^ -> off on
set k v ^ -> ex exat get keepttl nx px pxat xx
SET k v ^ -> EX EXAT GET KEEPTTL NX PX PXAT XX
SET k v e^ -> ex exat
set k v EX ^ ->
SET k v EX 10 ^ -> GET NX XX
set k v ex 10 nx ^ -> get
set k v ex 10 nx get ^ ->
set k v foo ^ ->
set ^ ->
set k "n^ ->
set k 'n^ ->
set k "v" n^ -> nx
"set" k v n^ -> nx
'set^ ->
get k | l^ ->
get k > ^ ->
get k >> e^ ->
xreadgroup group g c streams s > ^ ->
:s^ -> :set
:set ^ -> hints nohints
hel^ -> hello help
help @s^ -> @scripting @server @set @sorted-set @stream @string
HELP @STR^ -> @STREAM @STRING
help conf^ -> config
help config g^ -> get
help config get ^ ->
q^ -> quit
cle^ -> clear
ex^ -> exec exists exit expire expireat expiretime
acl log ^ -> reset
geosearch k ^ -> fromlonlat frommember
geosearch k frommember m ^ -> bybox byradius
geosearch k frommember m byradius 1 ^ -> ft km m mi
geosearch k frommember m byradius 1 m c^ -> count
xadd k ^ -> * maxlen minid nomkstream
xadd k maxlen ^ -> = ~
xadd k maxlen ~ 5 ^ -> * limit nomkstream
bitfield k ^ -> get incrby overflow set
bitfield k overflow ^ -> fail sat wrap
bitfield k overflow wrap ^ -> incrby set
client kill ^ -> addr id laddr skipme type user
client kill type ^ -> master normal pubsub replica slave
client kill id 5 ^ -> addr id laddr skipme type user
client list id 5 ^ -> type
zinter 2 a ^ ->
zinter 2 a b ^ -> aggregate weights withscores
zinter 2 a b aggregate ^ -> max min sum
lmpop 1 k ^ -> left right
migrate h 1 k 0 1 ^ -> auth auth2 copy keys replace
sort k ^ -> alpha asc by desc get limit store
sort k get x ^ -> alpha asc by desc get limit store
hello ^ ->
hello 3 ^ -> auth setname
xreadgroup ^ -> group
xreadgroup group g c ^ -> block count noack streams
script flush ^ -> async sync
zadd k ^ -> ch gt incr lt nx xx
zadd k nx ^ -> ch gt incr lt
zadd k nx 1 ^ ->
restore k 0 v ^ -> absttl freq idletime replace
nosuch ^ ->
sort k get | a^ ->
sort k get > a^ ->
? getd^ -> getdel
"""


def rows(table):
    """The lines of a table, each whole again."""
    return [re.sub(r"\n +", " ", row) for row in re.split(r"\n(?! )", table.strip("\n"))]


def hints(table):
    """Pairs of a typed line and its hint."""
    return [tuple(row.split("^", 1)) for row in rows(table)]


def completions(table):
    """Pairs of a typed line, with its cursor, and the words that are found."""
    return [(typed, found.split()) for typed, found in (re.split(r" ->(?: |$)", row) for row in rows(table))]
