// What a lookup, a new version and a commit cost.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <stdlib.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "machinery/persistent_map.h"
#include "store/sqlite.h"

namespace signet {
namespace {

struct Thing {
  std::string key;
};
using ThingPtr = std::shared_ptr<const Thing>;
struct KeyOfThing {
  std::string_view operator()(const ThingPtr& thing) const { return thing->key; }
};
using Things = machinery::PersistentMap<ThingPtr, KeyOfThing>;

std::string key_of(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return cat("/registry/pods/namespace-", number % 100, "/workload-",
             std::string(8 - digits.size(), '0'), digits);
}

std::vector<ThingPtr> things(std::int64_t count) {
  std::vector<ThingPtr> all;
  for (std::int64_t i = 0; i < count; ++i) {
    all.push_back(std::make_shared<const Thing>(Thing{.key = key_of(i)}));
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a->key < b->key; });
  return all;
}

void map_find(benchmark::State& state) {
  const auto all = things(state.range(0));
  const Things map = Things::from_sorted(all);
  std::mt19937_64 random(1);
  std::vector<std::string> wanted;
  for (int i = 0; i < 65536; ++i) wanted.push_back(all[random() % all.size()]->key);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map.find(wanted[at]));
    at = (at + 1) % wanted.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(map_find)->Arg(1000)->Arg(100000);

void map_assign(benchmark::State& state) {
  const auto all = things(state.range(0));
  Things map = Things::from_sorted(all);
  std::mt19937_64 random(1);
  for (auto _ : state) {
    const ThingPtr& thing = all[random() % all.size()];
    map = map.insert_or_assign(thing->key, thing);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(map_assign)->Arg(1000)->Arg(100000);

void map_walk(benchmark::State& state) {
  const Things map = Things::from_sorted(things(state.range(0)));
  for (auto _ : state) {
    for (auto at = map.begin(); at != map.end(); ++at) benchmark::DoNotOptimize(at.value().get());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(map_walk)->Arg(100000)->Unit(benchmark::kMillisecond);

// bytes_each counts the map alone: the objects and their keys exist before.
void map_load(benchmark::State& state) {
  const bool sorted = state.range(1) == 1;
  auto all = things(state.range(0));
  if (!sorted) std::ranges::shuffle(all, std::mt19937_64(1));
  double bytes = 0;
  for (auto _ : state) {
    const auto before = mallinfo2().uordblks;
    Things map;
    if (sorted) {
      map = Things::from_sorted(all);
    } else {
      for (const ThingPtr& thing : all) map = map.insert_or_assign(thing->key, thing);
    }
    bytes = static_cast<double>(mallinfo2().uordblks - before);
    benchmark::DoNotOptimize(map);
  }
  state.counters["bytes_each"] = bytes / static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(map_load)
    ->Args({100000, 1})
    ->Args({100000, 0})
    ->ArgNames({"entries", "sorted"})
    ->Unit(benchmark::kMillisecond);

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "signet_bench_XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string database() const { return (path_ / "state.db").string(); }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<store::SqliteStore> open(benchmark::State& state, const Directory& directory) {
  auto store = store::SqliteStore::open(directory.database());
  if (store) return *std::move(store);
  state.SkipWithError(store.error().message.c_str());
  return nullptr;
}

// Keeps up to `limit` commits under way.
class Window {
 public:
  explicit Window(int limit) : limit_(limit) {}
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ < limit_; });
    ++inside_;
  }
  void leave(bool good) {
    const std::scoped_lock lock(mutex_);
    --inside_;
    failures_ += good ? 0 : 1;
    changed_.notify_one();
  }
  int drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return inside_ == 0; });
    return failures_;
  }

 private:
  const int limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  int failures_ = 0;
};

// 1 kB values over 20,000 keys, `group` of them waiting at any time.
void sqlite_commit(benchmark::State& state) {
  const Directory directory;
  const auto store = open(state, directory);
  if (!store) return;
  Window window(static_cast<int>(state.range(0)));
  std::mt19937_64 random(1);
  const std::string value(1000, 'v');
  for (auto _ : state) {
    window.enter();
    store->commit({.key = key_of(static_cast<std::int64_t>(random() % 20000)),
                   .value = value,
                   .expected = std::nullopt,
                   .attachment = nullptr},
                  [&](const auto& outcome) { window.leave(outcome.has_value()); });
  }
  if (window.drain() != 0) state.SkipWithError("a commit was refused");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sqlite_commit)->Arg(1)->Arg(8)->Arg(32)->Arg(128)->ArgName("group")->UseRealTime();

// Opening checks every row; a range then reads them.
void sqlite_open(benchmark::State& state) {
  const Directory directory;
  {
    const auto store = open(state, directory);
    if (!store) return;
    Window window(4096);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      window.enter();
      store->commit(
          {.key = key_of(i), .value = std::string(1000, 'v'), .expected = 0, .attachment = nullptr},
          [&](const auto& outcome) { window.leave(outcome.has_value()); });
    }
    if (window.drain() != 0) state.SkipWithError("a commit was refused");
  }
  for (auto _ : state) {
    const auto store = open(state, directory);
    if (!store) return;
    if (state.range(1) == 1) benchmark::DoNotOptimize(store->range(""));
  }
}
BENCHMARK(sqlite_open)
    ->Args({0, 0})
    ->Args({200000, 0})
    ->Args({200000, 1})
    ->ArgNames({"entries", "range"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace signet
