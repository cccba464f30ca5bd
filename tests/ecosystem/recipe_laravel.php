<?php
// Laravel's caches, locks, limits, sessions and queues with the lines of docs/recipes.md. Usage: php recipe_laravel.php
// LINES CLIENT: a file with the page's lines, and phpredis or predis; the server is empty. Prints "ok - claim" or
// "not ok - claim".

require "Illuminate/Cache/autoload.php";
require "Illuminate/Queue/autoload.php";
require "Illuminate/Redis/autoload.php";
require "Illuminate/Session/autoload.php";

use Illuminate\Cache\RateLimiter;
use Illuminate\Cache\RedisStore;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Queue\RedisQueue;
use Illuminate\Redis\RedisManager;
use Illuminate\Session\CacheBasedSessionHandler;
use Illuminate\Session\Store;

error_reporting(E_ALL & ~E_DEPRECATED);   // this version is older than the PHP
$failures = 0;
$client = "";

function claim($what, $holds)
{
    global $failures, $client;
    echo $holds ? "ok" : "not ok", " - Laravel, $client: $what\n";
    $failures += $holds ? 0 : 1;
}

// As an application finds its configuration and its facades.
$lines = eval("return [" . file_get_contents($argv[1]) . "];");
$lines = $lines["redis"];
$app = new Container();
Container::setInstance($app);

function cache($redis)
{
    $cache = new Repository($store = new RedisStore($redis, "shop:", "cache"));
    claim("put, get and pull", $cache->put("a", ["x" => [1, null, "ü"]], 60)
        && $cache->get("a") === ["x" => [1, null, "ü"]] && $cache->get("absent", 5) === 5
        && $cache->pull("a") && !$cache->has("a"));
    claim("add takes what is not there", $cache->add("b", 1, 60) && !$cache->add("b", 2, 60) && $cache->get("b") == 1);
    claim("putMany and many", $cache->putMany(["p" => 1, "q" => "2"], 60)
        && $cache->many(["p", "q", "r"]) == ["p" => 1, "q" => "2", "r" => null]);
    claim("increment, decrement, forever and remember", [$cache->increment("n", 5), $cache->decrement("n", 2)] == [5, 3]
        && $cache->forever("f", true) && $cache->remember("m", 60, fn () => "made") === "made"
        && $cache->remember("m", 60, fn () => "again") === "made");
    $cache->tags(["people", "authors"])->put("john", 1, 60);
    $cache->tags(["people"])->put("anne", 2, 60);
    $both = [$cache->tags(["people", "authors"])->get("john"), $cache->tags(["people"])->get("anne")];
    $cache->tags(["authors"])->flush();
    claim("tags", $both == [1, 2] && $cache->tags(["people", "authors"])->get("john") === null
        && $cache->tags(["people"])->get("anne") == 2);

    $lock = $cache->lock("import", 60);
    $other = $cache->lock("import", 60);
    claim("a lock is taken by one", $lock->get() && !$other->get() && !$other->release());
    $given = $store->restoreLock("import", $lock->owner());
    claim("a lock is given back by its owner, in another process too", $given->release() && $other->get());
    $other->forceRelease();
    claim("a lock around a block", $cache->lock("import", 60)->block(5, fn () => "done") === "done"
        && $cache->lock("import", 60)->get());

    $limiter = new RateLimiter($cache);
    $tried = array_map(fn () => $limiter->attempt("send:1", 2, fn () => "sent", 3600), range(1, 4));
    claim("RateLimiter", $tried === ["sent", "sent", false, false] && $limiter->remaining("send:1", 2) === 0
        && $limiter->availableIn("send:1") > 3500);

    $session = new Store("s", $handler = new CacheBasedSessionHandler($cache, 120));
    $session->start();
    $session->put("user", 7);
    $session->save();
    $again = new Store("s", $handler, $session->getId());
    $again->start();
    $again->migrate(true);
    $again->save();
    claim("sessions are kept, and move to a new name", $again->get("user") === 7 && $again->getId() !== $session->getId()
        && $cache->get($session->getId()) === null && $cache->get($again->getId()) !== null);
}

function limits($redis)
{
    $kvs = $redis->connection("default");
    $done = array_map(fn () => $kvs->throttle("mail")->allow(2)->every(3600)->block(0)
        ->then(fn () => true, fn () => false), range(1, 3));
    claim("Redis::throttle() lets through as many as are allowed", $done === [true, true, false]);
    $inside = $kvs->funnel("import")->limit(1)->block(0)->then(fn () => $kvs->funnel("import")->limit(1)->block(0)
        ->then(fn () => "two", fn () => "one"));
    claim("Redis::funnel() lets in as many as are allowed, and again once they are out", $inside === "one"
        && $kvs->funnel("import")->limit(1)->block(0)->then(fn () => true));
    $replies = $kvs->transaction(function ($all) {
        $all->set("t", 1);
        $all->incr("t");
    });
    claim("transaction and pipeline", end($replies) === 2 && $kvs->pipeline(fn ($all) => $all->incr("t")) === [3]);
    $told = $kvs->eval("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('STRLEN', KEYS[1])", 1, "e", "text");
    claim("eval", $told === 4 && $kvs->get("e") === "text");
}

class Done
{
    public static $jobs = [];

    public function fire($job, $data)
    {
        self::$jobs[] = $data;
        if ($data === "again" && $job->attempts() < 3) {
            $job->release(0);
        } else {
            $job->delete();
        }
    }
}

function queue_of($redis, $app, $block)
{
    $kvs = $redis->connection("default");
    $queue = new RedisQueue($redis, "default", "default", 60, $block);
    $queue->setContainer($app);
    $queue->push(Done::class, 1);
    $queue->bulk([Done::class, Done::class], 2);
    $queue->later(3600, Done::class, "later");
    $queue->later(-1, Done::class, "due");
    claim("jobs are pushed, and those for later too", $queue->size() === 5);
    Done::$jobs = [];
    while ($job = $queue->pop()) {
        $job->fire();
    }
    claim("jobs come in their order, those that are due behind", Done::$jobs === [1, 2, 2, "due"] && $queue->size() === 1);
    Done::$jobs = [];
    $queue->push(Done::class, "again");
    while ($job = $queue->pop()) {
        $job->fire();
    }
    claim("a job that is released comes again", Done::$jobs === ["again", "again", "again"]);
    $queue->push(Done::class, "lost");
    $attempts = $queue->pop()->attempts();
    $reserved = $kvs->zrange("queues:default:reserved", 0, -1);
    $kvs->zadd("queues:default:reserved", 1, $reserved[0]);   // its time is over
    $job = $queue->pop();
    claim("a job whose worker has gone comes again", [$attempts, $job->attempts(), count($reserved)] === [1, 2, 1]);
    $job->delete();
    claim("a queue is cleared", $queue->clear("default") === 1 && $queue->size() === 0);
}

$client = $argv[2];
if ($client === "predis") {   // has other words for a socket
    $lines = array_map(fn ($one) => is_array($one)
        ? ["scheme" => "unix", "path" => $one["host"], "database" => $one["database"]] : $one, $lines);
}
$redis = new RedisManager($app, $client, $lines);
cache($redis);
limits($redis);
queue_of($redis, $app, null);
$client .= ", which waits";
queue_of($redis, $app, 1);
exit($failures ? 1 : 0);
