// Whose request runs next when a loop has more work than time: fair shares between users.
//
//   auto& flow = flow_control.flow(flow_of(user, info, remote));
//   auto done = co_await flow_control.run(flow, RequestKind::read, request.abandoned,
//                                         serve(std::move(request), std::move(user)));
//   if (!done) co_return 429;                   // done.error() says why
//
// Shape    a request of a user who has had little of this round of the loop runs at once, and that
//          costs two readings of the clock and one look-up. A user who has had his part of the
//          round waits in a queue of his own; a posted task serves the queues a slice at a time, so
//          that the loop reads sockets in between, whoever has had the least time first: start-time
//          fair queueing by the time that his requests really took, between levels by their shares
//          and within a level equally. So a light user waits for at most a slice of every other
//          user's work and the one request that runs, however many a heavy one has sent. Whatever
//          nobody else wants goes to who asks: nothing waits while the loop has nothing to do.
//          A request runs until its first wait (a commit); what it does after that is not measured.
// Limits   Options, of this loop. A request that finds its queue full is refused, and one that
//          waited too long is when its turn comes; where no turn comes, because nothing that runs
//          ends, it hears the 504 of every request after a minute. One whose client has gone never
//          runs.
// Threads  its loop's.
// Source   Goyal, Vin, Cheng: Start-time Fair Queuing (SIGCOMM 1996); KEP-1040.
#pragma once

#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "access/priority_level.h"
#include "base/executor.h"
#include "base/task.h"
#include "telemetry/metrics.h"

namespace signet::access {

// Whether it counts among --max-requests-inflight or --max-mutating-requests-inflight, or waits for
// a signer outside: that one has limits of his own, and how slow he is is nobody else's business.
enum class RequestKind : std::uint8_t { read, mutating, signing };
// A long one (a watch) counts only for its start, as a read.
RequestKind kind_of_verb(std::string_view verb);

// The words of Kubernetes' metric where it has one for it.
enum class FlowRefusal : std::uint8_t { queue_full, time_out, cancelled, stopping };

class FlowControl {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Now = std::function<Time()>;

  struct Options {
    std::size_t reads_max = 400;         // waiting for something at once
    std::size_t mutating_max = 200;      // likewise
    std::size_t user_queue_max = 1024;   // requests of one user that wait for their turn
    std::size_t level_queue_max = 8192;  // of one level
    std::size_t user_watches_max = 4096;
    std::chrono::nanoseconds queue_time_max = std::chrono::seconds{15};
    // What a level may run at once in a round, for each of its shares; a user may take half of one.
    std::chrono::nanoseconds slice = std::chrono::milliseconds{1};
  };

  FlowControl(Options options, Executor& loop, telemetry::Registry& metrics,
              Now now = &std::chrono::steady_clock::now);
  ~FlowControl();
  FlowControl(const FlowControl&) = delete;
  FlowControl& operator=(const FlowControl&) = delete;

  // Where a user's requests are counted and queue. Valid until the loop goes on, and as long as
  // something of it runs, waits or watches.
  struct Flow;
  Flow& flow(FlowKey key);

  // Awaits what `task` yields, once its turn has come. `abandoned` becomes true when nobody waits
  // for the answer any more; null: never.
  template <typename T>
  class Turn;
  template <typename T>
  Turn<T> run(Flow& flow, RequestKind kind, std::shared_ptr<const bool> abandoned, Task<T> task) {
    return Turn<T>(*this, flow, kind, std::move(abandoned), std::move(task));
  }

  // One of a user's watches, as long as it is held. Not to outlive the FlowControl.
  struct EndWatch {
    void operator()(Flow* flow) const;
  };
  using Watching = std::unique_ptr<Flow, EndWatch>;
  // Null: the user has as many as one may.
  Watching watch(Flow& flow);

  // Refuses what waits and what still comes.
  void stop();

 private:
  // A request; it lives in the coroutine that waits for it.
  class Ticket {
   public:
    Ticket(Flow& flow, RequestKind kind, std::shared_ptr<const bool> abandoned)
        : flow_(flow), kind_(kind), abandoned_(std::move(abandoned)) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

   protected:
    ~Ticket() = default;

   private:
    friend class FlowControl;
    // Runs the task to its first wait. True: it has come to its end.
    virtual bool start() = 0;
    // Goes on with whoever awaits, who finds the value or the refusal.
    virtual void resume() = 0;
    virtual void refuse(FlowRefusal why) = 0;

    Flow& flow_;
    RequestKind kind_;
    std::shared_ptr<const bool> abandoned_;
    Ticket* next_ = nullptr;
    Time since_{};
  };
  struct Level;
  struct Counts {  // of a RequestKind
    std::size_t max;
    std::size_t now = 0;
    telemetry::Gauge gauge;
  };

  // True: it waits. False: it is done or refused.
  bool arrive(Ticket& ticket);
  void leave(Ticket& ticket);
  bool launch(Ticket& ticket);
  bool may_run_now(const Flow& flow, RequestKind kind);
  bool wait(Ticket& ticket);
  void charge(Flow& flow, std::chrono::nanoseconds cost);
  Ticket* next();
  void serve(Ticket& ticket);
  void turn();
  void turn_soon();
  void refuse(Ticket& ticket, FlowRefusal why);
  void count_refusal(const Level& level, std::string_view why);
  void forget_idle_flows();
  bool full(RequestKind kind) const;

  Options options_;
  Executor& loop_;
  telemetry::Registry& metrics_;
  Now now_;
  std::array<std::unique_ptr<Level>, priority_levels> levels_;
  std::array<Counts, 3> in_flight_;
  std::chrono::nanoseconds served_{0};  // the virtual time of the level that was served last
  std::chrono::nanoseconds round_cost_{0};
  std::uint64_t round_ = 1;
  bool turn_posted_ = false;
  bool stopping_ = false;
};

template <typename T>
class [[nodiscard]] FlowControl::Turn final : private Ticket {
 public:
  Turn(FlowControl& control, Flow& flow, RequestKind kind, std::shared_ptr<const bool> abandoned,
       Task<T> task)
      : Ticket(flow, kind, std::move(abandoned)), control_(control), task_(std::move(task)) {}

  bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter) {
    awaiter_ = awaiter;
    return control_.arrive(*this);
  }
  std::expected<T, FlowRefusal> await_resume() { return *std::move(outcome_); }

 private:
  bool start() override {
    spawn(std::move(task_), [this](T value) {
      outcome_.emplace(std::move(value));
      if (!started_) return;
      control_.leave(*this);
      awaiter_.resume();
    });
    started_ = true;
    return outcome_.has_value();
  }
  void resume() override { awaiter_.resume(); }
  void refuse(FlowRefusal why) override { outcome_.emplace(std::unexpected(why)); }

  FlowControl& control_;
  Task<T> task_;
  std::coroutine_handle<> awaiter_;
  std::optional<std::expected<T, FlowRefusal>> outcome_;
  bool started_ = false;
};

}  // namespace signet::access
