# Action Cable on kvs. Usage: ruby recipe_cable.rb LINES, a file with the page's lines for cable.yml.
# Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
require "active_support/all"
require "action_cable"
require "logger"
require "timeout"
require "yaml"

$failures = 0

def claim(what, holds)
  puts "#{holds ? "ok" : "not ok"} - Action Cable: #{what}"
  $failures += 1 unless holds
end

# What one process of an application has.
def server
  configuration = ActionCable::Server::Configuration.new
  configuration.cable = YAML.load_file(ARGV[0])["production"].with_indifferent_access
  configuration.logger = Logger.new(nil)
  ActionCable::Server::Base.new(config: configuration)
end

# A queue with what comes to one that has subscribed, which it is once this returns.
def subscribed(server, channel)
  got, ready = Queue.new, Queue.new
  callback = ->(message) { got << message }
  server.pubsub.subscribe(channel, callback, -> { ready << true })
  ready.pop
  [got, callback]
end

Timeout.timeout(30) do
  here, there = server, server
  (first, leaving), (second, _), (other, _) = subscribed(here, "room"), subscribed(there, "room"), subscribed(there, "other")
  here.broadcast("room", { text: "grüße" })
  claim("a broadcast comes to the subscribers of all servers",
    [first, second].map { |queue| ActiveSupport::JSON.decode(queue.pop)["text"] } == %w[grüße grüße])
  100.times { |i| there.broadcast("room", { number: i }) }
  numbers = [first, second].map { |queue| Array.new(100) { ActiveSupport::JSON.decode(queue.pop)["number"] } }
  claim("messages come once each", numbers.map(&:sort) == [(0..99).to_a] * 2)   # threads of its own mix them
  here.pubsub.unsubscribe("room", leaving)
  behind, = subscribed(here, "other")   # what comes to it comes behind what else its server gets
  there.broadcast("room", { last: 1 })
  there.broadcast("other", { last: 2 })
  claim("who has left gets nothing, nor who subscribed to something else",
    second.pop.include?("1") && other.pop.include?("2") && behind.pop.include?("2") && first.empty? && other.empty?)
  [here, there].each { |each| each.pubsub.shutdown }
end
exit($failures.zero? ? 0 : 1)
