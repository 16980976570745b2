#include "node/agent.h"

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/cat.h"
#include "base/log.h"
#include "node/api_token_source.h"
#include "node/files.h"
#include "node/node_context.h"
#include "node/node_registration.h"
#include "node/pod_watch.h"
#include "node/pod_worker.h"

namespace signet::node {
namespace {

using codec::Json;
using std::chrono::seconds;

constexpr seconds housekeeping_period{60};
constexpr seconds clock_tolerance{1};
// The wall clock may be set without notice.
constexpr seconds longest_wait{10};

std::string uid_of(const Json& pod) {
  return std::string(codec::string_at(pod, "metadata.uid"));
}

// What other threads have to say to the worker. Whoever follows the pods waits while too much is
// unread; the runtime never waits.
class Inbox final : public PodSink {
 public:
  struct Replace {
    std::vector<Json> pods;
  };
  struct Upsert {
    Json pod;
  };
  struct Gone {
    std::string uid;
  };
  using Message = std::variant<Replace, Upsert, Gone>;
  struct Mail {
    std::vector<Message> messages;
    std::set<std::string> changed;  // pods one of whose containers has changed
  };

  explicit Inbox(std::stop_token stop) : stop_(std::move(stop)) {}

  void replace(std::vector<Json> pods) override { put(Replace{std::move(pods)}); }
  void upsert(Json pod) override { put(Upsert{std::move(pod)}); }
  void gone(const std::string& uid) override { put(Gone{uid}); }

  void changed(const std::string& uid) {
    {
      const std::scoped_lock lock(mutex_);
      mail_.changed.insert(uid);
    }
    waiter_.notify_all();
  }

  // Ends the wait of take().
  void wake() {
    {
      const std::scoped_lock lock(mutex_);
      woken_ = true;
    }
    waiter_.notify_all();
  }

  Mail take(std::chrono::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    waiter_.wait_for(lock, stop_, wait,
                     [&] { return woken_ || !mail_.messages.empty() || !mail_.changed.empty(); });
    woken_ = false;
    auto mail = std::exchange(mail_, {});
    lock.unlock();
    waiter_.notify_all();
    return mail;
  }

 private:
  static constexpr std::size_t unread_max = 1000;

  void put(Message message) {
    {
      std::unique_lock lock(mutex_);
      waiter_.wait(lock, stop_, [&] { return mail_.messages.size() < unread_max; });
      mail_.messages.push_back(std::move(message));
    }
    waiter_.notify_all();
  }

  std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any waiter_;
  Mail mail_;
  bool woken_ = false;
};

// Pods in the order in which they are due.
class Schedule {
 public:
  void set(const std::string& uid, Instant at) {
    forget(uid);
    at_[uid] = at;
    order_.emplace(at, uid);
  }
  void forget(const std::string& uid) {
    const auto found = at_.find(uid);
    if (found == at_.end()) return;
    order_.erase({found->second, uid});
    at_.erase(found);
  }
  std::optional<std::string> due(Instant now) const {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    return order_.begin()->second;
  }
  Instant next() const { return order_.empty() ? Instant::max() : order_.begin()->first; }

 private:
  std::map<std::string, Instant> at_;
  std::set<std::pair<Instant, std::string>> order_;
};

// What run() works with, on its own thread.
class Worker {
 public:
  Worker(const Agent::Options& options, const Agent::Collaborators& with, Inbox& inbox,
         const std::stop_token& stop)
      : with_(with),
        inbox_(inbox),
        stop_(stop),
        api_(with.worker, stop),
        source_(api_),
        tokens_(source_, with.clock, with.random),
        objects_(api_, with.clock),
        events_(api_, with.clock, options.node_name),
        registration_(api_, with.clock,
                      {.name = options.node_name,
                       .host_ip = options.host_ip,
                       .version = options.version,
                       .runtime_version = cat(with.runtime.name(), "://", with.runtime.version()),
                       .pods_max = options.pods_max}),
        context_{.node_name = options.node_name,
                 .root_dir = options.root_dir,
                 .host_ip = options.host_ip,
                 .endpoint = options.endpoint,
                 .clock = with.clock,
                 .random = with.random,
                 .api = api_,
                 .objects = objects_,
                 .tokens = tokens_,
                 .runtime = with.runtime,
                 .events = events_} {}

  void loop() {
    while (!stop_.stop_requested()) {
      step();
      const auto wait = std::clamp<std::chrono::nanoseconds>(next_instant() - with_.clock.now(),
                                                             seconds{0}, longest_wait);
      auto mail = inbox_.take(wait);
      for (auto& message : mail.messages) {
        std::visit([this](auto& it) { take(std::move(it)); }, message);
      }
      for (const auto& uid : mail.changed) {
        if (workers_.contains(uid)) schedule_.set(uid, Instant{});
      }
    }
  }

 private:
  Instant next_instant() const {
    return std::min({schedule_.next(), next_registration_, next_housekeeping_});
  }

  // Everything that is due, one pod after the other; news in between are not kept waiting long.
  void step() {
    const auto now = with_.clock.now();
    if (now < last_seen_ - clock_tolerance) look_at_everything();
    last_seen_ = now;
    // A clock that was set back must not leave the periodic work far ahead.
    if (now >= next_registration_ || next_registration_ - now > longest_wait) {
      next_registration_ = registration_.tick();
    }
    if (now >= next_housekeeping_ || next_housekeeping_ - now > housekeeping_period) {
      next_housekeeping_ = now + housekeeping_period;
      tokens_.drop_expired();
      objects_.drop_old();
      sweep_orphans();
    }
    constexpr int pods_at_once = 64;
    for (int i = 0; i < pods_at_once && !stop_.stop_requested(); ++i) {
      const auto uid = schedule_.due(with_.clock.now());
      if (!uid) return;
      sync(*uid);
    }
  }

  // The clock went back: instants that were computed before mean nothing.
  void look_at_everything() {
    for (const auto& [uid, worker] : workers_) {
      worker->recheck();
      schedule_.set(uid, Instant{});
    }
  }

  void sync(const std::string& uid) {
    const auto found = workers_.find(uid);
    if (found == workers_.end()) return schedule_.forget(uid);
    const auto turn = found->second->sync();
    if (!turn.done) return schedule_.set(uid, turn.next);
    schedule_.forget(uid);
    if (!found->second->vanished()) finished_.insert(uid);
    workers_.erase(found);
  }

  void take(Inbox::Upsert message) {
    const auto uid = uid_of(message.pod);
    if (!is_safe_name(uid) || !is_safe_name(codec::string_at(message.pod, "metadata.name")) ||
        !is_safe_name(codec::string_at(message.pod, "metadata.namespace"))) {
      return;
    }
    if (const auto found = workers_.find(uid); found != workers_.end()) {
      found->second->update(std::move(message.pod));
    } else if (finished_.contains(uid)) {
      return;  // an old event about a pod whose end was reported
    } else {
      workers_.emplace(uid, std::make_unique<PodWorker>(context_, std::move(message.pod)));
    }
    schedule_.set(uid, Instant{});
  }

  void take(const Inbox::Gone& message) {
    finished_.erase(message.uid);
    const auto found = workers_.find(message.uid);
    if (found == workers_.end()) return;
    found->second->vanish();
    schedule_.set(message.uid, Instant{});
  }

  void take(Inbox::Replace message) {
    std::set<std::string> present;
    for (const auto& pod : message.pods) present.insert(uid_of(pod));
    std::vector<std::string> missing;
    for (const auto& [uid, worker] : workers_) {
      if (!present.contains(uid)) missing.push_back(uid);
    }
    for (const auto& uid : missing) take(Inbox::Gone{uid});
    std::erase_if(finished_, [&](const auto& uid) { return !present.contains(uid); });
    for (auto& pod : message.pods) take(Inbox::Upsert{std::move(pod)});
    listed_ = true;
    sweep_orphans();
  }

  // Directories of pods that nobody works on: left by an agent that was away when they ended.
  void sweep_orphans() {
    if (!listed_) return;
    const auto pods = open_directory(AT_FDCWD, context_.root_dir + "/pods");
    if (!pods) return;
    const auto entries = list_directory(pods->get());
    if (!entries) return;
    for (const auto& entry : *entries) {
      if (workers_.contains(entry.name)) continue;
      if (const auto removed = remove_tree(pods->get(), entry.name); !removed) {
        log::warn("cannot remove the directory of a pod that is gone",
                  {{"pod", entry.name}, {"error", removed.error().message}});
      }
    }
  }

  const Agent::Collaborators& with_;
  Inbox& inbox_;
  const std::stop_token& stop_;
  ApiClient api_;
  ApiTokenSource source_;
  TokenManager tokens_;
  ObjectCache objects_;
  EventRecorder events_;
  NodeRegistration registration_;
  NodeContext context_;
  std::map<std::string, std::unique_ptr<PodWorker>> workers_;  // by pod uid
  std::set<std::string> finished_;  // deleted by us, the watch has not said so yet
  Schedule schedule_;
  Instant last_seen_{};
  Instant next_registration_{};
  Instant next_housekeeping_{};
  bool listed_ = false;
};

}  // namespace

void Agent::run(const std::stop_token& stop) {
  for (const auto* name : {"/pods", "/logs"}) {
    if (const auto made = make_directories(options_.root_dir + name, 0700); !made) {
      log::error("cannot make the agent's directory", {{"error", made.error().message}});
    }
  }
  Inbox inbox(stop);
  const auto jumps = with_.clock.on_jump([&] { inbox.wake(); });
  with_.runtime.on_change([&](const std::string& uid) { inbox.changed(uid); });
  {
    Worker worker(options_, with_, inbox, stop);
    PodWatch watch(with_.watcher, options_.node_name, inbox);
    const std::jthread follower([&] { watch.run(stop); });
    worker.loop();
  }
  with_.runtime.on_change(nullptr);
}

}  // namespace signet::node
