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
claim("Nextcloud: the distributed cache and the locks are in it",
    $lines["memcache.distributed"] === '\OC\Memcache\Redis' && $lines["memcache.locking"] === '\OC\Memcache\Redis');
claim("Nextcloud: set, get and hasKey", $cache->setex("nc/a", 86400, '{"x":1}') && $cache->get("nc/a") === '{"x":1}'
    && $cache->get("nc/absent") === false && $cache->exists("nc/a"));
claim("Nextcloud: add", $cache->set("nc/b", "1", ["nx", "ex" => 60]) && !$cache->set("nc/b", "2", ["nx", "ex" => 60]));
claim("Nextcloud: inc", $cache->incrBy("nc/b", 2) === 3);
claim("Nextcloud: setTTL and getTTL", $cache->expire("nc/b", 100) && $cache->ttl("nc/b") > 90);
claim("Nextcloud: remove and clear", $cache->unlink("nc/b") === 1 && $cache->del($cache->keys("nc/*")) === 1);

// The scripts that Nextcloud's cache and its locks of files are made of: a change where the value is as expected.
$scripts = [
    "dec" => 'if redis.call("exists", KEYS[1]) == 0 then return "none" end return redis.call("decrby", KEYS[1], ARGV[1])',
    "cas" => 'if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end redis.call("set", KEYS[1], ARGV[2]) return 1',
    "cad" => 'return redis.call("get", KEYS[1]) == ARGV[1] and redis.call("del", KEYS[1]) or 0',
    "ncad" => 'return redis.call("get", KEYS[1]) ~= ARGV[1] and redis.call("del", KEYS[1]) or 0',
    "compareSetTTL" => 'return redis.call("get", KEYS[1]) == ARGV[1] and redis.call("expire", KEYS[1], ARGV[2]) or 0',
];
$run = function ($name, ...$arguments) use ($cache, $scripts) {
    $sha = sha1($scripts[$name]);
    $reply = $cache->evalSha($sha, $arguments, 1);
    if ($reply === false && strpos($cache->getLastError(), "NOSCRIPT") === 0) {
        $cache->clearLastError();
        $reply = $cache->eval($scripts[$name], $arguments, 1);
    }
    return $reply;
};
$cache->script("flush");
$cache->set("nc/n", "5");
claim("Nextcloud: dec", $run("dec", "nc/n", 2) === 3 && $run("dec", "nc/n", 1) === 2 && $run("dec", "nc/none", 1) === "none");
claim("Nextcloud: cas", $run("cas", "nc/n", "3", "x") === 0 && $run("cas", "nc/n", "2", "x") === 1
    && $run("cas", "nc/n", "x", "y") === 1 && $cache->get("nc/n") === "y");
claim("Nextcloud: compareSetTTL", $run("compareSetTTL", "nc/n", "x", 100) === 0 && $cache->ttl("nc/n") === -1
    && $run("compareSetTTL", "nc/n", "y", 100) === 1 && $cache->ttl("nc/n") > 90);
claim("Nextcloud: cad and ncad", $run("cad", "nc/n", "x") === 0 && $run("ncad", "nc/n", "y") === 0
    && $run("cad", "nc/n", "y") === 1 && $cache->exists("nc/n") === 0);
$other = new Redis();
$other->connect($at["host"]);
$other->select($at["dbindex"]);
claim("Nextcloud: an exclusive lock is taken by one and given back",
    $cache->set("nc/lock", "exclusive", ["nx", "ex" => 60]) && !$other->set("nc/lock", "exclusive", ["nx", "ex" => 60])
    && $run("cad", "nc/lock", "exclusive") === 1 && $other->set("nc/lock", "exclusive", ["nx", "ex" => 60]));
$other->del("nc/lock");
claim("Nextcloud: a shared lock is held until the last gives it back",
    [$cache->incrBy("nc/lock", 1), $other->incrBy("nc/lock", 1), $run("dec", "nc/lock", 1)] === [1, 2, 1]
    && $run("cas", "nc/lock", "2", "exclusive") === 0 && $run("cas", "nc/lock", "1", "exclusive") === 1);

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
// The flush that spares other applications: a script looks for the keys with the prefix, and deletes them.
$selective = <<<'LUA'
local cursor, count = "0", 0
repeat
    local found = redis.call("SCAN", cursor, "MATCH", ARGV[1], "COUNT", 100)
    cursor = found[1]
    for _, key in ipairs(found[2]) do
        count = count + redis.call("UNLINK", key)
    end
until cursor == "0"
return count
LUA;
$other = new Redis();
$other->connect($argv[3]);
$other->select(WP_REDIS_DATABASE);
$other->set("other:1", "stays");
for ($i = 0; $i < 1000; $i++) {
    $blog->set(WP_REDIS_PREFIX . "terms:$i", $i);
}
claim("WordPress: a selective flush, through a socket with access=write too",
    $other->eval($selective, [WP_REDIS_PREFIX . "terms:1*"]) === 111
    && $blog->eval($selective, [WP_REDIS_PREFIX . "*"]) === 890 && $blog->get("other:1") === "stays"
    && $blog->dbSize() === 1);
claim("WordPress: a flush", $blog->flushdb() && !$blog->exists("other:1"));
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
