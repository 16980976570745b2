#include "store/commit_thread.h"

#include <iterator>
#include <utility>

#include "store/precondition.h"

namespace signet::store {
namespace {

constexpr std::size_t batch_writes_max = 1024;
constexpr std::size_t batch_bytes_max = std::size_t{8} << 20U;
constexpr std::size_t queue_writes_max = 65536;
constexpr std::size_t queue_bytes_max = std::size_t{256} << 20U;

}  // namespace

CommitThread::CommitThread(Commit commit, std::move_only_function<void()> rest)
    : commit_(std::move(commit)), rest_(std::move(rest)), thread_([this] { run(); }) {}

CommitThread::~CommitThread() {
  stop();
}

void CommitThread::observe(Observer& observer) {
  const std::scoped_lock lock(mutex_);
  observer_ = &observer;
}

void CommitThread::push(Write write, Store::Committed done) {
  CommitError refused;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t bytes = weight(write);
    if (stopping_) {
      refused = {
          .kind = CommitError::Kind::stopped, .actual = 0, .message = "the store is shutting down"};
    } else if (queue_.writes.size() >= queue_writes_max || queue_.bytes + bytes > queue_bytes_max) {
      refused = {.kind = CommitError::Kind::unavailable,
                 .actual = 0,
                 .message = "the store is overloaded: too many writes are waiting"};
    } else {
      queue_.writes.push_back(std::move(write));
      queue_.callbacks.push_back(std::move(done));
      queue_.bytes += bytes;
      // The thread looks at the queue before it sleeps, so only the first write must wake it.
      if (queue_.writes.size() == 1) wake_.notify_one();
      return;
    }
  }
  done(std::unexpected(std::move(refused)));
}

void CommitThread::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (std::this_thread::get_id() == thread_id_) return;
  const std::scoped_lock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void CommitThread::run() {
  Batch batch;
  Observer* observer = nullptr;
  while (next(batch, observer)) {
    tell(batch, commit_(batch.writes), observer);
    batch = {};
    rest_();
  }
}

// Takes from the front of the queue as much as one batch may hold; false at the end.
bool CommitThread::next(Batch& batch, Observer*& observer) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return stopping_ || !queue_.writes.empty(); });
  if (queue_.writes.empty()) return false;
  observer = observer_;
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < queue_.writes.size() && count < batch_writes_max && bytes < batch_bytes_max) {
    bytes += weight(queue_.writes[count++]);
  }
  if (count == queue_.writes.size()) {
    batch = std::exchange(queue_, {});
    return true;
  }
  const auto part = static_cast<std::ptrdiff_t>(count);
  const auto move_front = [part](auto& from, auto& to) {
    to.assign(std::make_move_iterator(from.begin()), std::make_move_iterator(from.begin() + part));
    from.erase(from.begin(), from.begin() + part);
  };
  move_front(queue_.writes, batch.writes);
  move_front(queue_.callbacks, batch.callbacks);
  batch.bytes = bytes;
  queue_.bytes -= bytes;
  return true;
}

void CommitThread::tell(Batch& batch, std::vector<Outcome> outcomes, Observer* observer) {
  if (observer != nullptr) {
    std::vector<Event> events;
    events.reserve(outcomes.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (!outcomes[i]) continue;
      Write& write = batch.writes[i];
      events.push_back({.key = std::move(write.key),
                        .value = std::move(write.value),
                        .revision = *outcomes[i],
                        .attachment = std::move(write.attachment)});
    }
    if (!events.empty()) observer->committed(std::move(events));
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    batch.callbacks[i](std::move(outcomes[i]));
  }
}

}  // namespace signet::store
