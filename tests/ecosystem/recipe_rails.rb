# Rails's cache with the lines of docs/recipes.md. Usage: ruby recipe_rails.rb LINES SOCKET
# LINES is the file with the page's lines, SOCKET one that allows access=admin. Prints "ok - claim" or "not ok - claim".
require "active_support"
require "active_support/core_ext"
require "active_support/cache"
require "active_support/notifications"

$failures = 0

def claim(what, holds)
  puts "#{holds ? "ok" : "not ok"} - Rails: #{what}"
  $failures += 1 unless holds
end

# What the page's lines are said to: config of a Rails application.
class Lines
  attr_accessor :cache_store

  def session_store(*how)
    how == [] ? @session_store : @session_store = how
  end
end

config = Lines.new
eval(File.read(ARGV[0]))
errors = []
kind, options = config.cache_store
failing = ->(method:, returning:, exception:) { errors << exception.message }
cache = ActiveSupport::Cache.lookup_store(kind, **options, error_handler: failing)

claim("write and read",
  cache.write("a", [1, "ü"], expires_in: 60) && cache.read("a") == [1, "ü"] && cache.read("absent").nil?)
claim("fetch", cache.fetch("b", expires_in: 60) { 3 } == 3 && cache.fetch("b") { 4 } == 3)
claim("write_multi and read_multi", cache.write_multi({ "p" => 1, "q" => 2 }, expires_in: 60) &&
  cache.write_multi({ "r" => 3 }) &&
  cache.read_multi("p", "q", "r", "s") == { "p" => 1, "q" => 2, "r" => 3 })
claim("fetch_multi", cache.fetch_multi("p", "t") { |key| key } == { "p" => 1, "t" => "t" })
claim("increment and decrement",
  [cache.increment("n", 2, expires_in: 60), cache.increment("n"), cache.decrement("n")] == [2, 3, 2])
claim("unless_exist", cache.write("u", 1, unless_exist: true) && !cache.write("u", 2, unless_exist: true))
claim("delete and delete_multi", cache.delete("a") && !cache.exist?("a") && cache.delete_multi(%w[p q]) == 2)
redis, other = Redis.new(**options), Redis.new(**options)
claim("the gem's multi", redis.multi { |all| all.set("m", "1"); all.incr("m") } == ["OK", 2])
watched = -> { redis.watch("m") { other.incr("m"); redis.multi { |all| all.set("m", "never") } } }
claim("the gem's watch", watched.call.nil? && redis.get("m") == "3" &&
  redis.watch("m") { redis.multi { |all| all.del("m") } } == [1])
[redis, other].each(&:close)
cache.delete_matched("n*")
claim("delete_matched", !cache.exist?("n") && cache.exist?("u"))
claim("nothing of this failed unseen", errors == [])
session = { "user" => 7 }
claim("sessions are in the cache, with their end", config.session_store.first == :cache_store &&
  cache.write("_session_id:1", session, expires_in: config.session_store.last[:expire_after]) &&
  cache.read("_session_id:1") == session && cache.redis.ttl("_session_id:1").between?(86_000, 86_400))
cache.clear
claim("clear needs access=admin, as the page says",
  errors.size == 1 && errors[0].include?("access=admin") && cache.exist?("u"))
spaced = ActiveSupport::Cache.lookup_store(kind, **options, namespace: "shop", error_handler: failing)
spaced.write("x", 1)
spaced.clear
claim("clear with a namespace deletes key by key", !spaced.exist?("x") && cache.exist?("u") && errors.size == 1)
spare = ActiveSupport::Cache.lookup_store(kind, **options, url: "unix://#{ARGV[1]}", error_handler: failing)
spare.clear
claim("clear in a store of its own", !cache.exist?("u") && errors.size == 1)
exit($failures.zero? ? 0 : 1)
