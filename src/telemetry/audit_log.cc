#include "telemetry/audit_log.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"

namespace signet::telemetry {
namespace {

// How long a batch is waited for: to wake a thread for each event costs more than to write it.
constexpr std::chrono::milliseconds batch_delay{20};

struct Waiter {
  std::size_t line = 0;  // its place in the batch
  Executor* executor = nullptr;
  AuditLog::Done done;
};

struct Batch {
  std::vector<std::string> lines;
  std::vector<Waiter> waiters;
  std::size_t bytes = 0;
};

// One visit to each loop, however many of its requests were waiting.
void tell(std::vector<Waiter> waiters, std::size_t written) {
  using Answer = std::pair<AuditLog::Done, bool>;
  std::map<Executor*, std::vector<Answer>> by_executor;
  for (auto& waiter : waiters) {
    by_executor[waiter.executor].emplace_back(std::move(waiter.done), waiter.line < written);
  }
  for (auto& entry : by_executor) {
    entry.first->post([answers = std::move(entry.second)]() mutable {
      for (auto& [done, good] : answers) done(good);
    });
  }
}

}  // namespace

struct AuditLog::Impl {
  AuditLogOptions options;
  RotatingFile file;
  Counter errors;

  std::mutex mutex;  // guards what follows, up to the thread
  std::condition_variable filled;
  std::condition_variable emptied;
  Batch queue;
  std::uint64_t queued = 0;  // batches taken and to be taken, counted by their first line
  std::uint64_t finished = 0;
  bool stopping = false;
  bool urgent = false;    // somebody waits in flush()
  bool sleeping = false;  // until something is queued

  bool failing = false;  // the thread's
  std::uint64_t lost = 0;
  std::thread thread;  // the last to begin

  Impl(AuditLogOptions the_options, RotatingFile the_file, Registry& metrics)
      : options(std::move(the_options)),
        file(std::move(the_file)),
        errors(metrics.counter("apiserver_audit_error_total",
                               "Audit events that could not be written.", {{"plugin", "log"}})),
        thread([this] { run(); }) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    {
      const std::scoped_lock lock(mutex);
      stopping = true;
    }
    filled.notify_one();
    thread.join();
  }

  bool queue_line(std::string& line, Executor* executor, Done& done);
  void add(std::string line, Executor* executor, Done done);
  bool is_half_full() const;
  Batch next();
  void run();
  void write(Batch batch);
  void report(const RotatingFile::Outcome& outcome, std::size_t lines);
};

// False: there is no room for the line.
bool AuditLog::Impl::queue_line(std::string& line, Executor* executor, Done& done) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex);
    const bool full = queue.lines.size() >= options.queue_events_max ||
                      queue.bytes + line.size() > options.queue_bytes_max;
    if (full) return false;
    queue.bytes += line.size();
    if (executor != nullptr) {
      queue.waiters.push_back(
          {.line = queue.lines.size(), .executor = executor, .done = std::move(done)});
    }
    queue.lines.push_back(std::move(line));
    ++queued;
    wake = std::exchange(sleeping, false) || is_half_full();
  }
  if (wake) filled.notify_one();
  return true;
}

void AuditLog::Impl::add(std::string line, Executor* executor, Done done) {
  if (queue_line(line, executor, done)) return;
  errors.add();
  if (executor == nullptr) return;
  executor->post([done = std::move(done)]() mutable { done(false); });
}

bool AuditLog::Impl::is_half_full() const {
  return queue.lines.size() >= options.queue_events_max / 2 ||
         queue.bytes >= options.queue_bytes_max / 2;
}

// Empty at the end.
Batch AuditLog::Impl::next() {
  std::unique_lock lock(mutex);
  while (queue.lines.empty() && !stopping) {
    sleeping = true;
    filled.wait(lock);
  }
  sleeping = false;
  if (options.mode == AuditLogMode::batch) {
    filled.wait_for(lock, batch_delay, [this] { return stopping || urgent || is_half_full(); });
  }
  return std::exchange(queue, {});
}

void AuditLog::Impl::run() {
  for (;;) {
    auto batch = next();
    if (batch.lines.empty()) return;
    const auto lines = batch.lines.size();
    write(std::move(batch));
    {
      const std::scoped_lock lock(mutex);
      finished += lines;
    }
    emptied.notify_all();
  }
}

void AuditLog::Impl::write(Batch batch) {
  const auto outcome = file.append(batch.lines);
  report(outcome, batch.lines.size());
  tell(std::move(batch.waiters), outcome.written);
}

void AuditLog::Impl::report(const RotatingFile::Outcome& outcome, std::size_t lines) {
  const auto failed = lines - outcome.written;
  if (failed > 0) errors.add(static_cast<double>(failed));
  lost += failed;
  const bool bad = !outcome.problem.empty();
  if (bad && !failing) {
    log::error(failed > 0 ? "audit events are not written" : "the audit log is not put aside",
               {{"reason", outcome.problem}});
  }
  if (!bad && failing) {
    log::warn("audit events are written again", {{"lost", std::to_string(lost)}});
    lost = 0;
  }
  failing = bad;
}

AuditLog::AuditLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AuditLog::~AuditLog() = default;

Result<std::unique_ptr<AuditLog>> AuditLog::open(AuditLogOptions options, const Clock& clock,
                                                 Registry& metrics) {
  auto file = RotatingFile::open(options.file, clock);
  if (!file) return in_context("audit log", file.error());
  return std::unique_ptr<AuditLog>(
      new AuditLog(std::make_unique<Impl>(std::move(options), *std::move(file), metrics)));
}

AuditLogMode AuditLog::mode() const {
  return impl_->options.mode;
}

void AuditLog::write(std::string line) {
  impl_->add(std::move(line), nullptr, nullptr);
}

void AuditLog::write(std::string line, Executor& executor, Done done) {
  impl_->add(std::move(line), &executor, std::move(done));
}

void AuditLog::flush() {
  std::unique_lock lock(impl_->mutex);
  const auto target = impl_->queued;
  impl_->urgent = true;
  impl_->filled.notify_one();
  impl_->emptied.wait(lock, [&] { return impl_->finished >= target; });
  impl_->urgent = false;
}

}  // namespace signet::telemetry
