<?php
// phpredis over a socket file. Usage: php php_client.php SOCKET. Prints "ok - claim" or "not ok - claim".

$failures = 0;

function claim($what, $holds)
{
    global $failures;
    echo $holds ? "ok" : "not ok", " - phpredis: $what\n";
    $failures += $holds ? 0 : 1;
}

$redis = new Redis();
claim("connects to a socket file", $redis->connect($argv[1]));
claim("PING", $redis->ping() === true);
claim("SET and GET", $redis->set("k", "v") && $redis->get("k") === "v");
claim("an absent key is false", $redis->get("absent") === false);
claim("SET with options", $redis->set("k", "w", ["nx", "ex" => 100]) === false
    && $redis->set("k", "w", ["xx", "ex" => 100]) && $redis->ttl("k") > 90);
claim("INCR, DECRBY and INCRBYFLOAT", $redis->incr("n") === 1 && $redis->decrBy("n", 5) === -4
    && abs($redis->incrByFloat("n", 1.5) + 2.5) < 1e-9);
claim("MSET and MGET", $redis->mset(["a" => "1", "b" => "2"]) && $redis->mget(["a", "absent", "b"]) === ["1", false, "2"]);
$bytes = implode("", array_map("chr", range(0, 255)));
claim("binary keys and values", $redis->set($bytes, $bytes) && $redis->get($bytes) === $bytes);
$replies = $redis->pipeline()->set("p", "1")->incr("p")->get("p")->exec();
claim("a pipeline", $replies == [true, 2, "2"]);
$redis->select(3);
for ($i = 0; $i < 200; $i++) {
    $redis->set("scan:$i", "v");
}
$redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
$seen = [];
$cursor = null;
while ($keys = $redis->scan($cursor, "scan:*", 10)) {
    foreach ($keys as $key) {
        $seen[$key] = true;
    }
}
claim("SCAN meets every key", count($seen) === 200);
claim("DBSIZE and FLUSHDB", $redis->dbSize() === 200 && $redis->flushDB() && $redis->dbSize() === 0);
claim("INFO has fields", strpos($redis->info()["redis_version"] ?? "", "7.") === 0);
claim("OBJECT ENCODING", $redis->select(0) && $redis->object("encoding", "a") === "int");
$redis->set("text", "abc");
claim("an error reply is false and kept",
    $redis->incr("text") === false && strpos($redis->getLastError(), "integer") !== false);
claim("MULTI and EXEC", $redis->multi()->set("multi", "1")->incr("multi")->get("multi")->exec() === [true, 2, "2"]);
claim("MULTI in a pipeline", $redis->pipeline()->multi()->incr("multi")->exec() !== false && $redis->exec() !== false
    && $redis->get("multi") === "3");
$redis->multi();
$redis->set("multi", "never");
claim("DISCARD", $redis->discard() && $redis->get("multi") === "3");
$other = new Redis();
$other->connect($argv[1]);
$redis->select(0) && $other->select(0);
$redis->watch("multi");
$other->incr("multi");
claim("EXEC runs nothing when a watched key has changed", $redis->multi()->set("multi", "never")->exec() === false
    && $redis->get("multi") === "4");
$redis->watch(["multi", "text"]);
claim("EXEC runs when none has", $redis->multi()->set("multi", "5")->exec() === [true] && $redis->get("multi") === "5");
exit($failures ? 1 : 0);
