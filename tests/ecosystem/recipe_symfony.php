<?php
// Symfony's caches, locks, limits and messages with the lines of docs/recipes.md. Usage: php recipe_symfony.php LINES
// CLIENT: a file with the page's lines, and phpredis or predis (for the caches and locks); the server is empty.
// Prints "ok - claim" or "not ok - claim".

require "Symfony/Component/Cache/autoload.php";
require "Symfony/Component/Lock/autoload.php";
require "Symfony/Component/Messenger/autoload.php";
require "Symfony/Component/Messenger/Bridge/Redis/autoload.php";
require "Symfony/Component/RateLimiter/autoload.php";
require "Predis/autoload.php";

use Symfony\Component\Cache\Adapter\AbstractAdapter;
use Symfony\Component\Cache\Adapter\RedisAdapter;
use Symfony\Component\Cache\Adapter\RedisTagAwareAdapter;
use Symfony\Component\Lock\Key;
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\Store\RedisStore;
use Symfony\Component\Messenger\Bridge\Redis\Transport\Connection;
use Symfony\Component\Messenger\Bridge\Redis\Transport\RedisTransport;
use Symfony\Component\Messenger\Envelope;
use Symfony\Component\Messenger\Stamp\DelayStamp;
use Symfony\Component\RateLimiter\RateLimiterFactory;
use Symfony\Component\RateLimiter\Storage\CacheStorage;

error_reporting(E_ALL & ~E_DEPRECATED);   // this version is older than the PHP
$failures = 0;
$client = $argv[2];

function claim($what, $holds)
{
    global $failures, $client;
    echo $holds ? "ok" : "not ok", " - Symfony, $client: $what\n";
    $failures += $holds ? 0 : 1;
}

preg_match_all('/^ *(\w+): .*(redis:.*)$/m', file_get_contents($argv[1]), $found);
$urls = array_combine($found[1], $found[2]);
$connection = AbstractAdapter::createConnection($urls["default_redis_provider"],
    ["class" => $client === "predis" ? Predis\Client::class : Redis::class]);

function caches($connection)
{
    $pool = new RedisAdapter($connection, "plain", 0);
    $made = 0;
    $make = function ($item) use (&$made) {
        $item->expiresAfter(60);
        return ["made" => ++$made, "text" => "ü"];
    };
    claim("get() makes a value once", $pool->get("a", $make) === $pool->get("a", $make) && $made === 1);
    $pool->saveDeferred($pool->getItem("b")->set(1));
    $pool->saveDeferred($pool->getItem("c")->set(2)->expiresAfter(60));
    claim("items are saved together, and got together", $pool->commit()
        && array_map(fn ($item) => $item->isHit() ? $item->get() : null, iterator_to_array($pool->getItems(["b", "c", "d"])))
        === ["b" => 1, "c" => 2, "d" => null]);
    claim("items are deleted", $pool->deleteItems(["b", "d"]) && !$pool->hasItem("b") && $pool->hasItem("c"));

    $tagged = new RedisTagAwareAdapter($connection, "tagged", 0);
    foreach (["one" => ["red", "round"], "two" => ["red"], "three" => ["green"]] as $key => $tags) {
        $tagged->save($tagged->getItem($key)->set($key)->tag($tags));
    }
    $hits = fn () => array_keys(array_filter(iterator_to_array($tagged->getItems(["one", "two", "three"])),
        fn ($item) => $item->isHit()));
    claim("items with tags", $hits() === ["one", "two", "three"]
        && $tagged->getItem("one")->getMetadata()["tags"] == ["red" => "red", "round" => "round"]);
    claim("a tag is invalidated", $tagged->invalidateTags(["round"]) && $hits() === ["two", "three"]
        && $tagged->invalidateTags(["red", "none"]) && $hits() === ["three"]);
    for ($i = 0; $i < 2000; $i++) {
        $tagged->saveDeferred($tagged->getItem("many$i")->set($i)->tag("many"));
    }
    claim("a tag of many items is invalidated", $tagged->commit() && $tagged->getItem("many1999")->isHit()
        && $tagged->invalidateTags(["many"]) && !$tagged->getItem("many0")->isHit() && !$tagged->getItem("many1999")->isHit()
        && $hits() === ["three"]);
    claim("deleting takes an item from its tags", $tagged->deleteItem("three") && $hits() === []);
    claim("clear() deletes the keys of its pool", $pool->clear() && !$pool->hasItem("a") && !$pool->hasItem("c"));
}

function locks($connection)
{
    $locks = new LockFactory(new RedisStore($connection));
    [$lock, $other] = [$locks->createLock("invoice", 60), $locks->createLock("invoice", 60)];
    claim("a lock is taken by one", $lock->acquire() && !$other->acquire() && $lock->isAcquired()
        && !$other->isAcquired());
    $lock->refresh(600);
    $rest = $lock->getRemainingLifetime();
    $lock->release();
    claim("a lock is extended, and given back", $rest > 500 && $other->acquire());
    $other->release();
    $readers = array_map(fn () => $locks->createLock("shared", 60), [1, 2]);
    $writer = $locks->createLock("shared", 60);
    claim("readers share a lock, a writer has it alone", $readers[0]->acquireRead() && $readers[1]->acquireRead()
        && !$writer->acquire());
    $readers[0]->release();
    claim("a reader may become the writer once it is alone", $readers[1]->acquire() && !$readers[0]->acquireRead());
    $readers[1]->release();
    claim("and then the lock is free", $writer->acquire());
    $key = new Key("handed over");
    $locks->createLockFromKey($key, 60, false)->acquire();
    $taken = $locks->createLockFromKey(unserialize(serialize($key)), 60);
    claim("a lock is handed over with its key", $taken->isAcquired()
        && !$locks->createLock("handed over", 60)->acquire());
}

function limits($connection)
{
    $storage = new CacheStorage(new RedisAdapter($connection, "limits"));
    $locks = new LockFactory(new RedisStore($connection));
    foreach (["sliding_window" => ["interval" => "1 day"], "fixed_window" => ["interval" => "1 day"],
              "token_bucket" => ["rate" => ["interval" => "1 day"]]] as $policy => $rest) {
        $what = ["id" => $policy, "policy" => $policy, "limit" => 3] + $rest;
        $limiter = (new RateLimiterFactory($what, $storage, $locks))->create("one");
        $accepted = array_map(fn () => $limiter->consume()->isAccepted(), range(1, 4));
        $limiter->reset();
        claim("a limiter with $policy", $accepted === [true, true, true, false] && $limiter->consume(3)->isAccepted());
    }
}

class Letter
{
    public function __construct(public $text)
    {
    }
}

// By a consumer of its own, who need not wait until another's messages count as lost.
function transport($url, $consumer)
{
    $url = str_replace("consumer=one", "consumer=$consumer", $url);
    return new RedisTransport(Connection::fromDsn("$url&redeliver_timeout=0"));
}

function texts($transport, $count, $then)
{
    $texts = [];
    while ($count-- > 0) {
        foreach ($transport->get() as $envelope) {
            $texts[] = $envelope->getMessage()->text;
            $transport->$then($envelope);
        }
    }
    return $texts;
}

function messages($url, $kvs)
{
    [$one, $two] = [transport($url, "one"), transport($url, "two")];
    for ($i = 0; $i < 10; $i++) {
        $one->send(new Envelope(new Letter("ü $i")));
    }
    claim("messages are in their stream", $kvs->xLen("mail") === 10);
    $came = array_map(fn () => [...texts($one, 1, "ack"), ...texts($two, 1, "ack")], range(0, 4));
    claim("messages come to one consumer each", array_merge(...$came) === array_map(fn ($i) => "ü $i", range(0, 9)));
    claim("what is acknowledged is deleted", $kvs->xLen("mail") === 0);
    $one->send(new Envelope(new Letter("bad")));
    claim("a message is rejected", texts($one, 1, "reject") === ["bad"] && texts($one, 1, "ack") === []
        && $kvs->xLen("mail") === 0);
    $one->send(new Envelope(new Letter("later"), [new DelayStamp(3600000)]));
    $one->send(new Envelope(new Letter("soon"), [new DelayStamp(1)]));
    for ($got = []; $got === [];) {
        $got = texts($one, 1, "ack");
    }
    claim("a message with a delay comes then", $got === ["soon"] && texts($one, 2, "ack") === []
        && $kvs->zCard("mail__queue") === 1);
    $one->send(new Envelope(new Letter("lost")));
    $gone = transport($url, "gone");
    $first = [...$gone->get()];
    unset($gone);
    claim("a message whose consumer has gone comes to another", count($first) === 1
        && texts(transport($url, "next"), 1, "ack") === ["lost"]);
    $one->send(new Envelope(new Letter("kept")));
    [...transport($url, "three")->get()];
    claim("a consumer that comes back gets its message again", texts(transport($url, "three"), 1, "ack") === ["kept"]);
    claim("nothing is pending in the end", $kvs->xPending("mail", "app")[0] === 0
        && count($kvs->xInfo("CONSUMERS", "mail", "app")) >= 4);
}

caches($connection);
locks(AbstractAdapter::createConnection($urls["lock"], ["class" => get_class($connection)]));
limits($connection);
if ($client === "phpredis") {   // messages go by no other
    $kvs = new Redis();
    $url = parse_url(str_replace("redis:", "file:", $urls["async"]));
    parse_str($url["query"], $options);
    $kvs->connect($url["path"]);
    $kvs->select($options["dbindex"]);
    messages($urls["async"], $kvs);
}
exit($failures ? 1 : 0);
