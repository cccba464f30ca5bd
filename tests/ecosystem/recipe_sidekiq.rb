# Sidekiq on kvs. Usage: ruby recipe_sidekiq.rb LINES FOLDER: a file with the page's lines, and a temporary folder.
# Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
ENV["SIDEKIQ_LINES"] = ARGV[0]
require_relative "sidekiq_jobs"
require "sidekiq/api"
require "sidekiq/scheduled"
require "timeout"

Redis.sadd_returns_boolean = false   # a warning for each job otherwise

PATIENCE = 60
LOG = File.join(ARGV[1], "sidekiq.log")
$failures = 0

def claim(what, holds)
  puts "#{holds ? "ok" : "not ok"} - Sidekiq: #{what}"
  $failures += 1 unless holds
end

# What the next jobs say that were run, however they are ordered.
def heard(count)
  Array.new(count) do
    _, what = Sidekiq.redis { |redis| redis.blpop("told", timeout: PATIENCE) }
    raise "nothing was heard; the log ends: #{File.read(LOG)[-400..]}" unless what
    Sidekiq.load_json(what)
  end
end

def comes_true
  Timeout.timeout(PATIENCE) { Thread.pass until yield }
end

def started
  pid = Process.spawn("sidekiq", "-r", File.join(__dir__, "sidekiq_jobs.rb"), "-c", "4", "-t", "1",
    "-q", "default", "-q", "low", %i[out err] => [LOG, "w"], in: File::NULL)
  yield pid
ensure
  Process.kill(:KILL, pid)
  Process.wait(pid)
end

# What the server's poller does every few seconds, by a script.
def enqueue_due
  Sidekiq::Scheduled::Enq.new.enqueue_jobs
end

Sidekiq.redis { |redis| redis.del("told") }
started do |pid|
  100.times { |i| Adder.perform_async(i, 1) }
  Adder.perform_bulk((100...1100).map { |i| [i, 1] })
  claim("jobs are run once each", heard(1100).map(&:last).sort == (1..1100).to_a)
  now, later = Time.now.to_f, Adder.perform_in(3600, 0, 1)
  Sidekiq::Client.push("class" => Adder, "args" => [1, 1], "at" => now + 0.1)
  claim("jobs for later are kept", Sidekiq::ScheduledSet.new.size == 2)
  comes_true { Time.now.to_f > now + 0.1 }
  enqueue_due
  claim("a job comes when it is due, others wait",
    heard(1) == [["sum", 2]] && Sidekiq::ScheduledSet.new.map(&:jid) == [later])
  Sidekiq::ScheduledSet.new.find_job(later).reschedule(now)
  enqueue_due
  claim("a job that was rescheduled comes", heard(1) == [["sum", 1]])
  ThirdTime.perform_async("third")
  times = [1, 2, 3].map do |time|
    said = heard(1)
    if time < 3
      comes_true { Sidekiq::RetrySet.new.size == 1 }
      # up to ten seconds by chance are added to sidekiq_retry_in
      Sidekiq::RetrySet.new.each { |job| Sidekiq.redis { |redis| redis.zincrby("retry", -1000, job.value) } }
      enqueue_due
    end
    said
  end
  claim("a job that fails is tried again", times.flatten(1) == [["third", 1], ["third", 2], ["third", 3]] &&
    Sidekiq::RetrySet.new.size.zero?)
  Hopeless.perform_async
  claim("a job that has no more tries is told, and is dead",
    heard(1) == [["given up", "Hopeless", "never"]] && (comes_true { Sidekiq::DeadSet.new.size == 1 }; true))
  Sidekiq::DeadSet.new.clear
  comes_true { Sidekiq::ProcessSet.new.size == 1 }
  process = Sidekiq::ProcessSet.new.first
  claim("the process is known", process["pid"] == pid && process["queues"].sort == %w[default low])
  4.times { Stays.perform_async }   # one for each thread: one that waited for jobs would take what is given back
  claim("as many jobs are run at a time as there are threads", heard(4) == [["stays"]] * 4)
  Process.kill(:TERM, pid)
  comes_true { File.read(LOG).include?("Bye!") }
  queue = Sidekiq::Queue.new
  claim("who is told to end gives back its jobs", queue.map(&:klass) == ["Stays"] * 4)
  comes_true { Sidekiq::ProcessSet.new(false).size.zero? }
  stats = Sidekiq::Stats.new
  claim("what was done is counted", stats.processed - stats.failed == 1103 && stats.enqueued == 4)
  queue.clear
  claim("a queue is cleared", Sidekiq::Queue.all.map(&:size).sum.zero?)
end
exit($failures.zero? ? 0 : 1)
