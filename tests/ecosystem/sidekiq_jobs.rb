# What Sidekiq runs for recipe_sidekiq.rb. SIDEKIQ_LINES of the environment is a file with the page's lines.
require "sidekiq"

eval(File.read(ENV["SIDEKIQ_LINES"]))

# Where jobs say that they were run.
def told(*what)
  Sidekiq.redis { |redis| redis.rpush("told", Sidekiq.dump_json(what)) }
end

class Adder
  include Sidekiq::Job

  def perform(x, y)
    told("sum", x + y)
  end
end

class ThirdTime
  include Sidekiq::Job
  sidekiq_options retry: 5
  sidekiq_retry_in { 0 }

  def perform(key)
    times = Sidekiq.redis { |redis| redis.incr(key) }
    told(key, times)
    raise "the time #{times}" if times < 3
  end
end

class Hopeless
  include Sidekiq::Job
  sidekiq_options queue: "low", retry: 0

  def perform
    raise "never"
  end

  sidekiq_retries_exhausted { |job, error| told("given up", job["class"], error.message) }
end

# Never ends by itself.
class Stays
  include Sidekiq::Job

  def perform
    told("stays")
    sleep
  end
end
