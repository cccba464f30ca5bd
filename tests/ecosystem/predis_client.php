<?php
// Predis over a socket file. Usage: php predis_client.php SOCKET. Prints "ok - claim" or "not ok - claim".

require "Predis/autoload.php";

use Predis\Client;
use Predis\Collection\Iterator;
use Predis\Command\ScriptCommand;
use Predis\Response\ServerException;

error_reporting(E_ALL & ~E_WARNING);   // it asks for TCP_NODELAY, on a socket file too
$failures = 0;

function claim($what, $holds)
{
    global $failures;
    echo $holds ? "ok" : "not ok", " - Predis: $what\n";
    $failures += $holds ? 0 : 1;
}

// Adds to a counter unless that would lead beyond a limit.
class Spend extends ScriptCommand
{
    public function getKeysCount()
    {
        return 1;
    }

    public function getScript()
    {
        return "local now = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[1])
            if now > tonumber(ARGV[2]) then return redis.error_reply('LIMIT would be ' .. now) end
            redis.call('SET', KEYS[1], now) return now";
    }
}

function connected($socket, $options = [])
{
    $client = new Client(["scheme" => "unix", "path" => $socket, "database" => 6], $options);
    $client->getProfile()->defineCommand("spend", Spend::class);
    return $client;
}

$kvs = connected($argv[1]);
$kvs->flushall();
$kvs->script("flush");
claim("SET, GET and their kin", $kvs->set("k", "ü") == "OK" && $kvs->get("k") === "ü" && $kvs->get("absent") === null
    && $kvs->mset(["a" => 1, "b" => 2]) == "OK" && $kvs->mget(["a", "absent", "b"]) === ["1", null, "2"]
    && $kvs->set("k", "v", "EX", 60, "NX") === null && $kvs->ttl("k") === -1);
claim("a script that is a command", $kvs->spend("s", 3, 10) === 3 && $kvs->spend("s", 7, 10) === 10);
try {
    $said = $kvs->spend("s", 1, 10);
} catch (ServerException $error) {
    $said = $error->getMessage();
}
claim("a script's error", $said === "LIMIT would be 11" && $kvs->get("s") === "10");
$kvs->script("flush");
claim("a script that was forgotten is sent again", $kvs->spend("t", 2, 10) === 2);
$replies = $kvs->pipeline(function ($pipe) {
    for ($i = 0; $i < 1000; $i++) {
        $pipe->incr("n");
    }
    $pipe->spend("t", 3, 10);
});
claim("a pipeline with a script", count($replies) === 1001 && array_slice($replies, -2) === [1000, 5]);
$replies = $kvs->transaction(function ($all) {
    $all->set("m", "text");
    $all->spend("t", 1, 10);
    $all->hmset("h", ["f" => 1, "g" => 2]);
    $all->hgetall("h");
});
claim("a transaction with a script", $replies[1] === 6 && $replies[3] === ["f" => "1", "g" => "2"]);
$other = connected($argv[1]);
$tries = 0;
$replies = $kvs->transaction(["watch" => "w", "cas" => true, "retry" => 3], function ($all) use ($other, &$tries) {
    $now = (int)$all->get("w");
    if ($tries++ < 2) {
        $other->incr("w");   // between reading and writing
    }
    $all->multi();
    $all->set("w", $now + 10);
});
claim("a transaction with watch is tried again", $tries === 3 && $kvs->get("w") === "12");
$kvs->pipeline(function ($pipe) {
    for ($i = 0; $i < 500; $i++) {
        $pipe->set("scan:$i", $i);
        $pipe->hset("fields", "f$i", $i);
        $pipe->zadd("scores", [$i => $i / 2]);
    }
});
$found = [iterator_to_array(new Iterator\Keyspace($kvs, "scan:*", 50), false),
    iterator_to_array(new Iterator\HashKey($kvs, "fields")), iterator_to_array(new Iterator\SortedSetKey($kvs, "scores"))];
claim("iterators meet everything", count(array_unique($found[0])) === 500 && count($found[1]) === 500
    && $found[1]["f17"] === "17" && count($found[2]) === 500 && $found[2][17] == 8.5);
$loop = connected($argv[1], ["read_write_timeout" => 20])->pubSubLoop();
$loop->subscribe("news");
$loop->psubscribe("n*");
$got = [];
foreach ($loop as $message) {
    $got[] = "$message->kind $message->channel $message->payload";
    if ($message->kind === "psubscribe") {
        $kvs->publish("news", "v");
    } elseif ($message->kind === "pmessage") {
        $loop->unsubscribe();
        $loop->punsubscribe();
    }
}
claim("messages", array_slice($got, 0, 4) === ["subscribe news 1", "psubscribe n* 2", "message news v", "pmessage news v"]);
claim("a prefix for the keys of scripts too", ($prefixed = connected($argv[1], ["prefix" => "shop:"]))->spend("p", 4, 9) === 4
    && $kvs->get("shop:p") === "4" && $prefixed->eval("return {KEYS[1], ARGV[1]}", 1, "k", "a") === ["shop:k", "a"]);
exit($failures ? 1 : 0);
