<?php
// The commands of Nextcloud's and WordPress's caches, by phpredis, with the lines of docs/recipes.md.
// Usage: php recipe_replay.php NEXTCLOUD WORDPRESS SOCKET; the first two are files with the page's lines, the last a
// socket with access=write. Prints "ok - claim" or "not ok - claim".

$failures = 0;

function claim($what, $holds)
{
    global $failures;
    echo $holds ? "ok" : "not ok", " - $what\n";
    $failures += $holds ? 0 : 1;
}

$lines = eval("return [" . file_get_contents($argv[1]) . "];");
$at = $lines["redis"];
$cache = new Redis();
claim("Nextcloud: connects and selects", $cache->pconnect($at["host"], $at["port"], $at["timeout"], null, 0, 0.0)
    && $cache->select($at["dbindex"]));
claim("Nextcloud: the distributed cache is Redis, and files are locked elsewhere",
    $lines["memcache.distributed"] === '\OC\Memcache\Redis' && !isset($lines["memcache.locking"]));
claim("Nextcloud: set, get and hasKey", $cache->setex("nc/a", 86400, '{"x":1}') && $cache->get("nc/a") === '{"x":1}'
    && $cache->get("nc/absent") === false && $cache->exists("nc/a"));
claim("Nextcloud: add", $cache->set("nc/b", "1", ["nx", "ex" => 60]) && !$cache->set("nc/b", "2", ["nx", "ex" => 60]));
claim("Nextcloud: inc", $cache->incrBy("nc/b", 2) === 3);
claim("Nextcloud: setTTL and getTTL", $cache->expire("nc/b", 100) && $cache->ttl("nc/b") > 90);
claim("Nextcloud: remove and clear", $cache->unlink("nc/b") === 1 && $cache->del($cache->keys("nc/*")) === 1);
$script = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end';
$cache->set("nc/lock", "1");
claim("Nextcloud: dec, cas and cad are scripts and answer false, as the page says",
    $cache->evalSha(sha1($script), ["nc/lock", "1"], 1) === false
    && $cache->eval($script, ["nc/lock", "1"], 1) === false
    && strpos($cache->getLastError(), "unknown command") !== false && $cache->get("nc/lock") === "1");

eval(file_get_contents($argv[2]));
$blog = new Redis();
$key = WP_REDIS_PREFIX . "posts:1";
claim("WordPress: connects and selects", WP_REDIS_SCHEME === "unix"
    && $blog->connect(WP_REDIS_PATH, -1, WP_REDIS_TIMEOUT, "", 0, 1) && $blog->select(WP_REDIS_DATABASE));
claim("WordPress: reads the version", version_compare($blog->info()["redis_version"], "5", ">="));
$pipeline = $blog->pipeline();
$pipeline->set($key, "1", ["nx", "ex" => 60]);
$pipeline->set($key, "2", ["nx"]);
$pipeline->setex("$key:b", 60, "b");
claim("WordPress: adds and sets several at once", $pipeline->exec() === [true, false, true]);
claim("WordPress: gets one and several", $blog->get($key) === "1" && $blog->mget([$key, "absent"]) === ["1", false]);
claim("WordPress: counts", $blog->incrBy($key, 2) === 3 && $blog->decrBy($key, 1) === 2);
$pipeline = $blog->pipeline();
$pipeline->del($key);
$pipeline->del("absent");
claim("WordPress: deletes several at once", $pipeline->exec() === [1, 0]);
claim("WordPress: a selective flush is a script and fails, as the page says", $blog->eval("return 1") === false
    && strpos($blog->getLastError(), "unknown command 'EVAL'") !== false);
claim("WordPress: a flush", $blog->flushdb() && !$blog->exists("$key:b"));
$narrow = new Redis();
$narrow->connect($argv[3]);
try {
    $said = $narrow->flushdb() ? "done" : $narrow->getLastError();
} catch (RedisException $error) {
    $said = $error->getMessage();
}
claim("WordPress: a flush through a socket with access=write throws, as the page says",
    isset($error) && strpos($said, "access=admin") !== false);
exit($failures ? 1 : 0);
