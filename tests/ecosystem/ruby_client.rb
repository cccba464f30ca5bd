# The gem `redis` where clients have to do with each other: messages, transactions and waiting.
# Usage: ruby ruby_client.rb SOCKET, which allows access=admin. Prints "ok - claim" or "not ok - claim"; exits with 1 when
# one failed.
require "redis"
require "timeout"

PATIENCE = 20 # seconds for one claim
$failures = 0

def claim(what)
  holds = Timeout.timeout(PATIENCE) { yield }
  puts "#{holds ? "ok" : "not ok"} - Ruby: #{what}"
  $failures += 1 unless holds
rescue StandardError => error
  puts "not ok - Ruby: #{what}: #{error.class} #{error.message.tr("\n", " ")}"
  $failures += 1
end

def connected
  Redis.new(path: ARGV[0], timeout: PATIENCE)
end

def once_blocked(other, count)
  Thread.pass until other.info("clients")["blocked_clients"] == count.to_s
  yield
end

redis, other = connected, connected
redis.flushall

claim("subscribe gets all messages in order, bytes as they are; unsubscribe ends it") do
  got, left, feeder, subscriber = [], [], nil, connected
  subscriber.subscribe("a", "b") do |on|
    on.subscribe do |_, count|
      feeder = Thread.new { 1000.times { |i| other.publish("a", i) } && other.publish("b", "\0\r\n\xFF") } if count == 2
    end
    on.message do |channel, text|
      got << text.b
      subscriber.unsubscribe if channel == "b"
    end
    on.unsubscribe { |channel, count| left << [channel, count] }
  end
  feeder.join
  got == [*(0..999).map(&:to_s), "\0\r\n\xFF".b] && left.map(&:first).sort == %w[a b] && left.last.last == 0 &&
    subscriber.ping == "PONG" && other.publish("a", "nobody") == 0
end
claim("psubscribe, and keyspace events through it") do
  redis.config(:set, "notify-keyspace-events", "KEA")
  events, subscriber = [], connected
  subscriber.psubscribe("__keyevent@0__:*") do |on|
    on.psubscribe { |_, _| Thread.new { connected.pipelined { |all| all.set("k", "v"); all.pexpire("k", 1) } } }
    on.pmessage do |_, channel, key|
      events << "#{channel.split(":").last} #{key}"
      subscriber.punsubscribe if channel.end_with?(":expired")
    end
  end
  redis.config(:set, "notify-keyspace-events", "")
  events == ["set k", "expire k", "expired k"]
end
claim("subscribe_with_timeout ends by itself") do
  connected.subscribe_with_timeout(0.05, "silent") { |_| }
  false
rescue Redis::TimeoutError
  true
end
claim("multi within pipelines, and an error in it") do
  replies = redis.multi { |all| all.set("m", "1"); all.incr("m"); all.hset("h", "f", "v"); all.hgetall("h") }
  failed = begin
    redis.multi { |all| all.incr("h"); all.set("m", "after") }
  rescue Redis::CommandError => error
    error.message
  end
  replies == ["OK", 2, 1, { "f" => "v" }] && failed.include?("WRONGTYPE") && redis.get("m") == "after"
end
claim("additions under watch by several threads lose nothing") do
  redis.set("sum", 0)
  4.times.map do
    Thread.new do
      mine = connected
      50.times do
        loop do
          break if mine.watch("sum") { value = mine.get("sum").to_i; mine.multi { |all| all.set("sum", value + 1) } }
        end
      end
    end
  end.each(&:join)
  redis.get("sum") == "200"
end
claim("what can't be queued ends the transaction") do
  redis.multi { |all| all.set("m", "never"); all.call(["NOSUCH"]) }
  false
rescue Redis::CommandError => error
  error.message.match?(/EXECABORT|unknown command/) && redis.get("m") == "after"
end
{
  "blpop" => [->(r) { r.blpop("none", "q") }, ->(r) { r.rpush("q", "a") }, %w[q a]],
  "brpop" => [->(r) { r.brpop("q", timeout: PATIENCE) }, ->(r) { r.rpush("q", %w[b c]) }, %w[q c]],
  "brpoplpush" => [->(r) { r.brpoplpush("p", "done") }, ->(r) { r.rename("q", "p") }, "b"],
  "blmove" => [->(r) { r.blmove("p", "done", "LEFT", "RIGHT") }, ->(r) { r.multi { |all| all.lpush("p", "d") } }, "d"],
  "bzpopmin" => [->(r) { r.bzpopmin("z") }, ->(r) { r.zadd("z", 1.5, "m") }, ["z", "m", 1.5]]
}.each do |what, (wait, feed, expected)|
  claim("#{what} gets what another client adds") do
    feeder = Thread.new { once_blocked(other, 1) { feed.call(other) } }
    reply = wait.call(redis)
    feeder.join
    reply == expected
  end
end
claim("workers take each job once") do
  workers = 4.times.map do
    Thread.new do
      mine, jobs = connected, []
      jobs << mine.blpop("jobs").last until jobs.last == "end"
      jobs[0..-2]
    end
  end
  once_blocked(other, 4) { 500.times { |i| other.rpush("jobs", i) } && other.rpush("jobs", ["end"] * 4) }
  workers.flat_map(&:value).map(&:to_i).sort == (0..499).to_a
end
claim("a wait that ends with its time") { redis.blpop("none", timeout: 0.01).nil? }
exit($failures.zero? ? 0 : 1)
