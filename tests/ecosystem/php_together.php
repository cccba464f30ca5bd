<?php
// phpredis where clients have to do with each other: messages, waiting and transactions.
// Usage: php php_together.php SOCKET, which allows access=admin. Prints "ok - claim" or "not ok - claim".
// PHP has no threads: what another client does, another process does, which is this file with an action's name.

const PATIENCE = 20;   // seconds for what must come
ini_set("default_socket_timeout", PATIENCE);
$failures = 0;

function claim($what, $holds)
{
    global $failures;
    echo $holds ? "ok" : "not ok", " - phpredis together: $what\n";
    $failures += $holds ? 0 : 1;
}

function connected()
{
    global $argv;
    $redis = new Redis();
    $redis->connect($argv[1]);
    return $redis;
}

function wait_until($holds)
{
    $deadline = microtime(true) + PATIENCE;
    while (!$holds()) {
        if (microtime(true) > $deadline) {
            exit(1);
        }
    }
}

// What the other process does.
$actions = [
    "publish" => function ($redis) {
        wait_until(fn () => $redis->pubsub("numsub", ["a", "end"]) == ["a" => 1, "end" => 1]);
        for ($i = 0; $i < 1000; $i++) {
            $redis->publish("a", (string)$i);
        }
        $redis->publish("a", "\x00\r\n\xff");
        $redis->publish("end", "end");
    },
    "publish-patterns" => function ($redis) {
        wait_until(fn () => $redis->pubsub("numpat") === 2);
        $redis->publish("news.1", "1");
        $redis->publish("x", "not for it");
        $redis->publish("end", "end");
    },
    "events" => function ($redis) {
        wait_until(fn () => $redis->pubsub("numpat") === 1);
        $redis->setex("evented", 100, "v");
        $redis->pExpire("evented", 1);
    },
    "push" => function ($redis) {
        foreach ([["rPush", "q", "a"], ["lPush", "q", "b"], ["rPush", "p", "c"], ["rPush", "p", "d"],
                  ["zAdd", "z", 1.5, "m"]] as $words) {
            wait_until(fn () => $redis->info("clients")["blocked_clients"] == 1);
            $redis->{array_shift($words)}(...$words);
            wait_until(fn () => $redis->get("served") === $words[0]);
            $redis->del("served");
        }
    },
    "add" => function ($redis) {
        for ($done = 0; $done < 100;) {
            $redis->watch("sum");
            $value = (int)$redis->get("sum");
            $done += $redis->multi()->set("sum", $value + 1)->exec() === false ? 0 : 1;
        }
    },
];

function another($action)
{
    global $argv;
    return proc_open([PHP_BINARY, __FILE__, $argv[1], $action], [], $pipes);
}

if (isset($argv[2])) {
    $actions[$argv[2]](connected());
    exit(0);
}

$redis = connected();
$redis->flushAll();
$other = connected();

// ---- messages ----

// All that comes up to a message of "end", while another process does something. Closing the connection is how a
// callback ends subscribe() in this version.
function told($subscribe, $names, $action, $before_the_end = null)
{
    $got = [];
    $process = another($action);
    try {
        connected()->$subscribe($names, function ($from, ...$what) use (&$got, $before_the_end) {
            $got[] = $what;
            if (in_array(end($what), ["end", "expired"])) {
                $got[] = $before_the_end ? $before_the_end($from) : null;
                $from->close();
            }
        });
    } catch (RedisException $closed) {
    }
    return proc_close($process) === 0 ? $got : "the other process failed";
}

$numbers = array_map(fn ($i) => ["a", (string)$i], range(0, 999));
$left = fn ($from) => $from->unsubscribe(["a"]);
claim("subscribe() gets all messages in order, bytes as they are; unsubscribe()",
    told("subscribe", ["a", "end"], "publish", $left)
        === [...$numbers, ["a", "\x00\r\n\xff"], ["end", "end"], ["a" => true]]);
$left = fn ($from) => $from->punsubscribe(["news.*"]);
claim("psubscribe() and punsubscribe()", told("psubscribe", ["news.*", "en?"], "publish-patterns", $left)
    === [["news.*", "news.1", "1"], ["en?", "end", "end"], ["news.*" => true]]);
$redis->config("SET", "notify-keyspace-events", "KEA");
claim("keyspace events", array_column(told("psubscribe", ["__keyspace@0__:*"], "events"), 2)
    === ["set", "expire", "expire", "expired"]);
$redis->config("SET", "notify-keyspace-events", "");
claim("publish() without a subscriber", $redis->publish("a", "v") === 0 && $redis->pubsub("channels", "*") === []);

// ---- waiting ----

$process = another("push");
$waits = [
    "blPop() of several keys" => ["q", ["q", "a"], fn () => $redis->blPop(["none", "q"], 0)],
    "brPop()" => ["q", ["q", "b"], fn () => $redis->brPop(["q"], PATIENCE)],
    "brpoplpush()" => ["p", "c", fn () => $redis->brpoplpush("p", "done", PATIENCE)],
    "BLMOVE" => ["p", "d", fn () => $redis->rawCommand("BLMOVE", "p", "done", "LEFT", "RIGHT", 0)],
    "bzPopMin()" => ["z", ["z", "m", "1.5"], fn () => $redis->bzPopMin("z", 0)],
];
foreach ($waits as $what => [$key, $expected, $wait]) {
    $reply = $wait();
    claim("$what gets what another client adds", $reply === $expected);
    $redis->set("served", $key);
}
claim("nothing is left of it", proc_close($process) === 0 && $redis->lRange("done", 0, -1) === ["c", "d"]
    && $redis->exists("q", "p", "z") === 0);
claim("a wait that ends with its time", !$redis->rawCommand("BLPOP", "none", "0.01"));

// ---- transactions and pipelines ----

$redis->set("sum", 0);
$processes = [another("add"), another("add"), another("add")];
claim("additions under watch() by several processes lose nothing",
    array_map("proc_close", $processes) === [0, 0, 0] && $redis->get("sum") === "300");
$redis->pipeline();
for ($i = 0; $i < 5000; $i++) {
    $redis->rPush("list", $i);
}
claim("a pipeline of 5,000", $redis->exec() === range(1, 5000) && $redis->lLen("list") === 5000);
$redis->watch("list");
$other->del("list");
claim("a pipeline's transaction is not run over another's change",
    $redis->pipeline()->multi()->rPush("list", "never")->exec() !== null && $redis->exec() !== null
    && $redis->exists("list") === 0);
$redis->watch("list");
$other->rPush("list", "v");
$redis->unwatch();
claim("unwatch()", $redis->multi()->rPush("list", "w")->exec() === [2]);
$reply = $redis->multi()->set("t", "text")->incr("t")->blPop(["none"], 0)->get("t")->exec();
claim("an error and a wait within a transaction", $reply[0] === true && $reply[1] === false && !$reply[2]
    && $reply[3] === "text");
exit($failures ? 1 : 0);
