#include "access/flow_control.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace signet::access {
namespace {

using std::chrono::nanoseconds;

// What a request costs beside what is measured: reading it, TLS, sending the answer.
constexpr nanoseconds overhead{6000};
// What the store's thread does for a change.
constexpr nanoseconds commit_overhead{20000};
// Users who have nothing here are forgotten when there are more of them than this.
constexpr std::size_t idle_flows_max = 1024;

constexpr std::array<std::int64_t, priority_levels> shares{1, 4, 2, 1};
constexpr std::int64_t shares_max = 4;

constexpr std::size_t index(PriorityLevel level) {
  return static_cast<std::size_t>(level);
}
constexpr std::size_t index(RequestKind kind) {
  return static_cast<std::size_t>(kind);
}

constexpr std::string_view word(FlowRefusal why) {
  switch (why) {
    case FlowRefusal::queue_full:
      return "queue-full";
    case FlowRefusal::time_out:
      return "time-out";
    case FlowRefusal::cancelled:
      return "cancelled";
    case FlowRefusal::stopping:
      return "stopping";
  }
  return {};
}

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};

telemetry::Gauge inflight_gauge(telemetry::Registry& metrics, std::string_view kind) {
  return metrics.gauge("apiserver_current_inflight_requests",
                       "Requests that wait for something, such as a commit.",
                       {{"request_kind", kind}});
}

}  // namespace

RequestKind kind_of_verb(std::string_view verb) {
  const bool reads =
      verb == "get" || verb == "list" || verb == "watch" || verb == "head" || verb == "options";
  return reads ? RequestKind::read : RequestKind::mutating;
}

// A user at a level.
struct FlowControl::Flow {
  Level* level = nullptr;
  Ticket* first = nullptr;  // of those that wait
  Ticket* last = nullptr;
  std::size_t queued = 0;
  std::size_t in_flight = 0;
  std::size_t watches = 0;
  nanoseconds virtual_time{0};  // where the next request starts, unless others are ahead of it
  nanoseconds round_cost{0};
  std::uint64_t round = 0;  // that round_cost is of
  bool serving = false;
};

struct FlowControl::Level {
  Level(PriorityLevel self, telemetry::Registry& metrics)
      : stretch(shares_max / shares[index(self)]),
        per_round(shares[index(self)]),
        name(to_string(self)),
        in_queue(metrics.gauge("apiserver_flowcontrol_current_inqueue_requests",
                               "Requests that wait for their turn.", {{"priority_level", name}})),
        waited(metrics.histogram("apiserver_flowcontrol_request_wait_duration_seconds",
                                 "How long requests waited that did not run at once.",
                                 telemetry::duration_buckets(), {{"priority_level", name}})) {}

  bool exempt() const { return name == to_string(PriorityLevel::exempt); }

  std::int64_t stretch;    // how much faster its virtual time passes than that of the largest share
  std::int64_t per_round;  // slices
  std::string_view name;
  telemetry::Gauge in_queue;
  telemetry::Histogram waited;
  std::unordered_map<std::string, Flow, NameHash, std::equal_to<>> flows;
  // Those with a queue, by where their next request starts. Pointers only break ties.
  std::set<std::pair<nanoseconds, Flow*>> waiting;
  std::size_t queued = 0;
  nanoseconds virtual_time{0};  // between levels
  nanoseconds served{0};        // within the level: where the request started that ran last
  nanoseconds latest{0};        // the latest virtual time of its flows
  nanoseconds round_cost{0};
};

FlowControl::FlowControl(Options options, Executor& loop, telemetry::Registry& metrics, Now now)
    : options_(options),
      loop_(loop),
      metrics_(metrics),
      now_(std::move(now)),
      in_flight_{{{.max = options.reads_max, .gauge = inflight_gauge(metrics, "readOnly")},
                  {.max = options.mutating_max, .gauge = inflight_gauge(metrics, "mutating")},
                  {.max = std::numeric_limits<std::size_t>::max(),
                   .gauge = inflight_gauge(metrics, "signing")}}} {
  for (std::size_t i = 0; i < priority_levels; ++i) {
    levels_[i] = std::make_unique<Level>(static_cast<PriorityLevel>(i), metrics);
  }
}

FlowControl::~FlowControl() = default;

bool FlowControl::full(RequestKind kind) const {
  return in_flight_[index(kind)].now >= in_flight_[index(kind)].max;
}

FlowControl::Flow& FlowControl::flow(FlowKey key) {
  auto& level = *levels_[index(key.level)];
  auto found = level.flows.find(key.name);
  if (found == level.flows.end()) {
    found = level.flows.try_emplace(std::string(key.name)).first;
    found->second.level = &level;
  }
  return found->second;
}

void FlowControl::forget_idle_flows() {
  for (const auto& level : levels_) {
    if (level->flows.size() <= idle_flows_max) continue;
    std::erase_if(level->flows, [&](const auto& entry) {
      const Flow& flow = entry.second;
      return flow.first == nullptr && flow.in_flight == 0 && flow.watches == 0 && !flow.serving;
    });
  }
}

bool FlowControl::arrive(Ticket& ticket) {
  const Flow& flow = ticket.flow_;
  if (flow.level->exempt()) return !ticket.start();
  if (stopping_) {
    refuse(ticket, FlowRefusal::stopping);
    return false;
  }
  if (may_run_now(flow, ticket.kind_)) return !launch(ticket);
  return wait(ticket);
}

bool FlowControl::may_run_now(const Flow& flow, RequestKind kind) {
  if (flow.first != nullptr || full(kind)) return false;
  const Level& level = *flow.level;
  if (level.round_cost >= options_.slice * level.per_round) return false;
  return flow.round != round_ || flow.round_cost < options_.slice / 2;
}

bool FlowControl::wait(Ticket& ticket) {
  Flow& flow = ticket.flow_;
  Level& level = *flow.level;
  if (flow.queued >= options_.user_queue_max || level.queued >= options_.level_queue_max) {
    refuse(ticket, FlowRefusal::queue_full);
    return false;
  }
  ticket.since_ = now_();
  ticket.next_ = nullptr;
  (flow.first == nullptr ? flow.first : flow.last->next_) = &ticket;
  flow.last = &ticket;
  ++flow.queued;
  if (level.queued++ == 0) level.virtual_time = std::max(level.virtual_time, served_);
  level.in_queue.add(1);
  if (flow.queued == 1 && !flow.serving) {
    flow.virtual_time = std::max(flow.virtual_time, level.served);
    level.waiting.emplace(flow.virtual_time, &flow);
  }
  turn_soon();
  return true;
}

bool FlowControl::launch(Ticket& ticket) {
  Flow& flow = ticket.flow_;
  const RequestKind kind = ticket.kind_;
  const Time begin = now_();
  const bool done = ticket.start();
  const nanoseconds took = std::max(nanoseconds(now_() - begin), nanoseconds(0));
  charge(flow, took + (kind == RequestKind::mutating ? overhead + commit_overhead : overhead));
  if (!done) {
    auto& counts = in_flight_[index(kind)];
    ++counts.now;
    ++flow.in_flight;
    counts.gauge.add(1);
  }
  return done;
}

void FlowControl::leave(Ticket& ticket) {
  if (ticket.flow_.level->exempt()) return;
  auto& counts = in_flight_[index(ticket.kind_)];
  --counts.now;
  --ticket.flow_.in_flight;
  counts.gauge.add(-1);
  if (std::ranges::any_of(levels_, [](const auto& level) { return level->queued != 0; })) {
    turn_soon();
  }
}

void FlowControl::charge(Flow& flow, nanoseconds cost) {
  Level& level = *flow.level;
  if (flow.round != round_) {
    flow.round = round_;
    flow.round_cost = nanoseconds(0);
  }
  flow.round_cost += cost;
  flow.virtual_time = std::max(flow.virtual_time, level.served) + cost;
  level.latest = std::max(level.latest, flow.virtual_time);
  level.round_cost += cost;
  level.virtual_time = std::max(level.virtual_time, served_) + cost * level.stretch;
  round_cost_ += cost;
  // A quiet loop need not be told that a round has passed after every request.
  if (round_cost_ >= options_.slice / 4) turn_soon();
}

// Those whose kind is full stay where they are.
FlowControl::Ticket* FlowControl::next() {
  Level* best = nullptr;
  auto place = std::set<std::pair<nanoseconds, Flow*>>::iterator();
  for (const auto& level : levels_) {
    if (level->queued == 0) continue;
    if (best != nullptr && best->virtual_time <= level->virtual_time) continue;
    const auto found = std::ranges::find_if(
        level->waiting, [&](const auto& entry) { return !full(entry.second->first->kind_); });
    if (found == level->waiting.end()) continue;
    best = level.get();
    place = found;
  }
  if (best == nullptr) return nullptr;
  auto [start, flow] = *place;
  best->waiting.erase(place);
  best->served = std::max(best->served, start);
  served_ = std::max(served_, best->virtual_time);
  Ticket* ticket = flow->first;
  flow->first = ticket->next_;
  if (flow->first == nullptr) flow->last = nullptr;
  --flow->queued;
  --best->queued;
  best->in_queue.add(-1);
  return ticket;
}

void FlowControl::serve(Ticket& ticket) {
  Flow& flow = ticket.flow_;
  const nanoseconds waited = now_() - ticket.since_;
  flow.level->waited.observe(std::chrono::duration<double>(waited).count());
  flow.serving = true;
  bool done = true;
  if (stopping_) {
    refuse(ticket, FlowRefusal::stopping);
  } else if (ticket.abandoned_ != nullptr && *ticket.abandoned_) {
    refuse(ticket, FlowRefusal::cancelled);
  } else if (waited > options_.queue_time_max) {
    refuse(ticket, FlowRefusal::time_out);
  } else {
    done = launch(ticket);
  }
  flow.serving = false;
  if (flow.first != nullptr) flow.level->waiting.emplace(flow.virtual_time, &flow);
  // Last: it may end the coroutine that the ticket is part of.
  if (done) ticket.resume();
}

void FlowControl::turn_soon() {
  if (std::exchange(turn_posted_, true)) return;
  loop_.post([this] { turn(); });
}

// A round: everything that was ready has been read once since the last.
void FlowControl::turn() {
  turn_posted_ = false;
  ++round_;
  round_cost_ = nanoseconds(0);
  bool idle = true;
  nanoseconds latest = served_;
  for (const auto& level : levels_) {
    level->round_cost = nanoseconds(0);
    // Who had the loop while nobody waited owes nobody.
    if (level->queued == 0) level->served = level->latest;
    idle = idle && level->queued == 0;
    latest = std::max(latest, level->virtual_time);
  }
  if (idle) served_ = latest;
  const Time begin = now_();
  while (Ticket* ticket = next()) {
    serve(*ticket);
    if (now_() - begin < options_.slice) continue;
    turn_soon();
    break;
  }
  forget_idle_flows();
}

void FlowControl::refuse(Ticket& ticket, FlowRefusal why) {
  count_refusal(*ticket.flow_.level, word(why));
  ticket.refuse(why);
}

void FlowControl::count_refusal(const Level& level, std::string_view why) {
  metrics_
      .counter("apiserver_flowcontrol_rejected_requests_total",
               "Requests that were refused before they ran.",
               {{"priority_level", level.name}, {"reason", why}})
      .add();
}

void FlowControl::stop() {
  stopping_ = true;
  for (const auto& level : levels_) {
    while (!level->waiting.empty()) {
      Flow& flow = *level->waiting.begin()->second;
      level->waiting.erase(level->waiting.begin());
      while (Ticket* ticket = flow.first) {
        flow.first = ticket->next_;
        --flow.queued;
        --level->queued;
        level->in_queue.add(-1);
        refuse(*ticket, FlowRefusal::stopping);
        ticket->resume();
      }
      flow.last = nullptr;
    }
  }
}

FlowControl::Watching FlowControl::watch(Flow& flow) {
  if (!flow.level->exempt() && flow.watches >= options_.user_watches_max) {
    count_refusal(*flow.level, "concurrency-limit");
    return nullptr;
  }
  ++flow.watches;
  return Watching(&flow);
}

void FlowControl::EndWatch::operator()(Flow* flow) const {
  --flow->watches;
}

}  // namespace signet::access
