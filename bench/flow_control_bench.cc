// What a request pays for fair shares when nobody waits: compare `enters` with `awaits`.
#include <benchmark/benchmark.h>

#include <deque>
#include <functional>

#include "access/flow_control.h"

namespace signet::access {
namespace {

class Queue final : public Executor {
 public:
  void post(std::move_only_function<void()> work) override { work_.push_back(std::move(work)); }
  void run() {
    while (!work_.empty()) {
      auto work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::move_only_function<void()>> work_;
};

Task<int> work() {
  co_return 1;
}

Task<int> plain() {
  co_return co_await work();
}

Task<int> fair(FlowControl* control, FlowKey key) {
  auto done = co_await control->run(control->flow(key), RequestKind::read, nullptr, work());
  co_return done.value_or(0);
}

void awaits(benchmark::State& state) {
  for (auto _ : state) spawn(plain(), [](int value) { benchmark::DoNotOptimize(value); });
}
BENCHMARK(awaits);

void enters(benchmark::State& state) {
  Queue loop;
  telemetry::Registry metrics;
  FlowControl control({}, loop, metrics);
  const FlowKey key{.level = static_cast<PriorityLevel>(state.range(0)),
                    .name = "system:serviceaccount:default:reviewer"};
  for (auto _ : state) {
    spawn(fair(&control, key), [](int value) { benchmark::DoNotOptimize(value); });
    loop.run();
  }
}
BENCHMARK(enters)
    ->Arg(static_cast<int>(PriorityLevel::exempt))
    ->Arg(static_cast<int>(PriorityLevel::workload));

}  // namespace
}  // namespace signet::access
