// What Store promises, asked of every store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/conformance/harness.h"
#include "store/memory.h"
#include "store/precondition.h"
#include "store/sqlite.h"

namespace signet::store {
namespace {

using Kind = CommitError::Kind;
using testing::ElementsAre;

struct Memory {
  std::unique_ptr<Store> make() { return std::make_unique<MemoryStore>(); }
};
struct Sqlite {
  std::unique_ptr<Store> make() {
    auto store = SqliteStore::open(directory.database());
    return store ? *std::move(store) : nullptr;
  }
  TemporaryDirectory directory;
};

template <typename Engine>
class StoreConformance : public testing::Test {
 public:
  void SetUp() override { ASSERT_NE(store, nullptr); }

  Contents live(std::string_view prefix = "") {
    auto range = store->range(prefix);
    EXPECT_TRUE(range.has_value());
    return range ? contents(range->entries) : Contents{};
  }
  std::vector<std::string> keys(std::string_view prefix) {
    auto range = store->range(prefix);
    EXPECT_TRUE(range.has_value());
    std::vector<std::string> names;
    for (const Entry& entry : range->entries) names.push_back(entry.key);
    return names;
  }

  Engine engine;
  std::unique_ptr<Store> store = engine.make();
};
struct EngineNames {
  template <typename T>
  static std::string GetName(int) {
    return std::is_same_v<T, Memory> ? "memory" : "sqlite";
  }
};
using Engines = testing::Types<Memory, Sqlite>;
TYPED_TEST_SUITE(StoreConformance, Engines, EngineNames);

TYPED_TEST(StoreConformance, starts_empty_at_revision_zero) {
  const auto range = this->store->range("");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->revision, 0);
  EXPECT_TRUE(range->entries.empty());
}

TYPED_TEST(StoreConformance, revisions_are_one_counter_without_gaps) {
  Store& store = *this->store;
  EXPECT_EQ(put(store, "a", "1").value(), 1);
  EXPECT_EQ(put(store, "b", "2").value(), 2);
  EXPECT_EQ(put(store, "a", "3", 2).error().actual, 1);  // takes no revision
  EXPECT_EQ(put(store, "a", "3", 1).value(), 3);
  EXPECT_EQ(erase(store, "b").value(), 4);
  EXPECT_EQ(this->live(), (Contents{{"a", {"3", 3}}}));
  EXPECT_EQ(store.range("")->revision, 4);
  EXPECT_EQ(store.range("zzz")->revision, 4);
}

TYPED_TEST(StoreConformance, expected_revision_decides) {
  Store& store = *this->store;
  struct Case {
    const char* name;
    std::string key;
    bool deletes;
    std::optional<Revision> expected;
    std::optional<Kind> refusal;
    Revision actual;
  };
  ASSERT_EQ(put(store, "here", "v").value(), 1);
  ASSERT_EQ(put(store, "was", "v").value(), 2);
  ASSERT_EQ(erase(store, "was").value(), 3);
  const std::vector<Case> refused = {
      {"create_of_existing", "here", false, 0, Kind::conflict, 1},
      {"update_one_too_low", "here", false, 0, Kind::conflict, 1},
      {"update_one_too_high", "here", false, 2, Kind::conflict, 1},
      {"update_of_absent", "no", false, 1, Kind::conflict, 0},
      {"update_of_deleted", "was", false, 2, Kind::conflict, 0},
      {"update_at_the_deletion", "was", false, 3, Kind::conflict, 0},
      {"negative", "here", false, -1, Kind::conflict, 1},
      {"delete_of_absent", "no", true, std::nullopt, Kind::not_found, 0},
      {"delete_of_absent_expecting_nothing", "no", true, 0, Kind::not_found, 0},
      {"delete_of_deleted", "was", true, std::nullopt, Kind::not_found, 0},
      {"delete_of_absent_expecting_one", "no", true, 1, Kind::conflict, 0},
      {"delete_of_changed", "here", true, 2, Kind::conflict, 1},
  };
  for (const Case& row : refused) {
    const Outcome outcome = row.deletes ? erase(store, row.key, row.expected)
                                        : put(store, row.key, "new", row.expected);
    EXPECT_EQ(refusal_of(outcome), row.refusal) << row.name;
    if (!outcome) {
      EXPECT_EQ(outcome.error().actual, row.actual) << row.name;
      EXPECT_FALSE(outcome.error().message.empty()) << row.name;
    }
  }
  EXPECT_EQ(this->live(), (Contents{{"here", {"v", 1}}}));
  EXPECT_EQ(put(store, "was", "again", 0).value(), 4);
  EXPECT_EQ(put(store, "here", "anyway").value(), 5);
  EXPECT_EQ(erase(store, "here", 5).value(), 6);
  EXPECT_EQ(this->live(), (Contents{{"was", {"again", 4}}}));
}

TYPED_TEST(StoreConformance, keys_and_values_are_bytes) {
  Store& store = *this->store;
  const std::string zero("\0", 1);
  const std::string every = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
  }();
  ASSERT_TRUE(put(store, zero, "").has_value());
  ASSERT_TRUE(put(store, every, every).has_value());
  ASSERT_TRUE(put(store, "\xff\xff", zero).has_value());
  EXPECT_EQ(this->live(),
            (Contents{{zero, {"", 1}}, {every, {every, 2}}, {"\xff\xff", {zero, 3}}}));
}

TYPED_TEST(StoreConformance, range_is_by_prefix_in_order_of_unsigned_bytes) {
  Store& store = *this->store;
  for (const char* key : {"pods/b", "pods/a", "pods", "pods0", "pods/\xff", "pods/\xff\xff",
                          "pods/\x01", "\xff", "\xff\xff", "\xff\x01", "secrets/a"}) {
    ASSERT_TRUE(put(store, key, "v").has_value());
  }
  ASSERT_TRUE(put(store, "pods/a", "again").has_value());
  EXPECT_THAT(this->keys("pods/"),
              ElementsAre("pods/\x01", "pods/a", "pods/b", "pods/\xff", "pods/\xff\xff"));
  EXPECT_THAT(this->keys("pods/\xff"), ElementsAre("pods/\xff", "pods/\xff\xff"));
  EXPECT_THAT(this->keys("\xff"), ElementsAre("\xff", "\xff\x01", "\xff\xff"));
  EXPECT_THAT(this->keys("\xff\xff"), ElementsAre("\xff\xff"));
  EXPECT_THAT(this->keys("pods/a"), ElementsAre("pods/a"));
  EXPECT_THAT(this->keys("x"), ElementsAre());
  const std::vector<std::string> all = this->keys("");
  EXPECT_EQ(all.size(), 11U);
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

TYPED_TEST(StoreConformance, limits_of_keys_and_values) {
  Store& store = *this->store;
  EXPECT_EQ(refusal_of(put(store, "", "v")), Kind::unavailable);
  EXPECT_EQ(refusal_of(put(store, std::string(key_bytes_max, 'k'), "v")), std::nullopt);
  EXPECT_EQ(refusal_of(put(store, std::string(key_bytes_max + 1, 'k'), "v")), Kind::unavailable);
  EXPECT_EQ(refusal_of(put(store, "a", std::string(value_bytes_max, 'v'))), std::nullopt);
  EXPECT_EQ(refusal_of(put(store, "b", std::string(value_bytes_max + 1, 'v'))), Kind::unavailable);
  EXPECT_EQ(this->keys("").size(), 2U);
}

TYPED_TEST(StoreConformance, observer_hears_everything_in_order_with_the_attachment) {
  Recorder recorder;
  Store& store = *this->store;
  store.observe(recorder);
  const auto attachment = std::make_shared<const int>(7);
  ASSERT_TRUE(
      commit_and_wait(store, {.key = "a", .value = "1", .expected = 0, .attachment = attachment})
          .has_value());
  ASSERT_FALSE(put(store, "a", "2", 0).has_value());
  ASSERT_TRUE(erase(store, "a").has_value());
  const auto events = recorder.events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].key, "a");
  EXPECT_EQ(events[0].value, "1");
  EXPECT_EQ(events[0].revision, 1);
  EXPECT_EQ(events[0].attachment, attachment);
  EXPECT_EQ(events[1].key, "a");
  EXPECT_EQ(events[1].value, std::nullopt);
  EXPECT_EQ(events[1].revision, 2);
  EXPECT_EQ(events[1].attachment, nullptr);
}

TYPED_TEST(StoreConformance, writes_of_one_batch_see_the_earlier_ones) {
  Store& store = *this->store;
  Gate gate;
  std::vector<Outcome> outcomes;  // filled by the store's thread only, read after stop()
  const auto remember = [&](Outcome outcome) { outcomes.push_back(std::move(outcome)); };
  const auto queue = [&](std::optional<std::string> value, std::optional<Revision> expected) {
    store.commit({.key = "k", .value = std::move(value), .expected = expected, .attachment = {}},
                 remember);
  };
  // The first callback holds the thread, so that all that follow gather in one batch.
  store.commit({.key = "first", .value = "v", .expected = 0, .attachment = {}},
               [&](const Outcome&) { gate.wait(); });
  queue("a", 0);            // revision 2
  queue("b", 0);            // refused
  queue("c", 2);            // 3
  queue("d", 2);            // refused
  queue(std::nullopt, 3);   // 4
  queue(std::nullopt, {});  // refused
  queue("e", 4);            // refused: deleted counts as absent
  queue("f", 0);            // 5
  gate.open();
  store.stop();
  ASSERT_EQ(outcomes.size(), 8U);
  EXPECT_EQ(outcomes[0].value(), 2);
  EXPECT_EQ(outcomes[1].error().actual, 2);
  EXPECT_EQ(outcomes[2].value(), 3);
  EXPECT_EQ(outcomes[3].error().actual, 3);
  EXPECT_EQ(outcomes[4].value(), 4);
  EXPECT_EQ(outcomes[5].error().kind, Kind::not_found);
  EXPECT_EQ(outcomes[6].error().actual, 0);
  EXPECT_EQ(outcomes[7].value(), 5);
  EXPECT_EQ(this->live("k"), (Contents{{"k", {"f", 5}}}));
}

TYPED_TEST(StoreConformance, observer_first_then_callbacks_in_revision_order_on_one_thread) {
  Recorder recorder;
  Store& store = *this->store;
  store.observe(recorder);
  constexpr int writers = 4;
  constexpr int each = 200;
  // Touched by the store's thread only, and by this one after stop().
  std::vector<Revision> told;
  std::vector<std::thread::id> threads;
  int untold = 0;
  {
    std::vector<std::jthread> pool;
    for (int w = 0; w < writers; ++w) {
      pool.emplace_back([&, w] {
        for (int i = 0; i < each; ++i) {
          store.commit({.key = "k" + std::to_string(w) + "/" + std::to_string(i),
                        .value = "v",
                        .expected = 0,
                        .attachment = {}},
                       [&](Outcome outcome) {
                         told.push_back(outcome.value());
                         threads.push_back(std::this_thread::get_id());
                         if (recorder.events().back().revision < told.back()) ++untold;
                       });
        }
      });
    }
  }
  store.stop();
  ASSERT_EQ(told.size(), static_cast<std::size_t>(writers * each));
  EXPECT_EQ(untold, 0);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i], static_cast<Revision>(i + 1));
    EXPECT_EQ(threads[i], threads[0]);
  }
  EXPECT_NE(threads[0], std::this_thread::get_id());
  const auto events = recorder.events();
  ASSERT_EQ(events.size(), told.size());
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].revision, told[i]);
  EXPECT_EQ(this->live().size(), told.size());
}

TYPED_TEST(StoreConformance, a_race_has_exactly_one_winner) {
  Store& store = *this->store;
  constexpr int racers = 6;
  constexpr int rounds = 40;
  Revision current = 0;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    {
      std::vector<std::jthread> pool;
      for (int r = 0; r < racers; ++r) {
        pool.emplace_back([&, r] {
          const Outcome outcome = put(store, "prize", std::to_string(r), current);
          if (outcome) {
            ++winners;
          } else if (outcome.error().kind == Kind::conflict) {
            ++losers;
          }
        });
      }
    }
    ASSERT_EQ(winners, 1);
    ASSERT_EQ(losers, racers - 1);
    current = this->live()["prize"].second;
    ASSERT_EQ(current, round + 1);
  }
}

TYPED_TEST(StoreConformance, stop_finishes_what_is_queued_and_refuses_what_comes_later) {
  Store& store = *this->store;
  int done = 0;
  for (int i = 0; i < 3000; ++i) {
    store.commit({.key = std::to_string(i), .value = "v", .expected = 0, .attachment = {}},
                 [&](const Outcome& outcome) { done += outcome ? 1 : 0; });
  }
  store.stop();
  EXPECT_EQ(done, 3000);
  EXPECT_EQ(refusal_of(put(store, "late", "v")), Kind::stopped);
  store.stop();  // again is harmless
  EXPECT_EQ(this->live().size(), 3000U);
}

TYPED_TEST(StoreConformance, a_callback_may_commit_and_stop) {
  Store& store = *this->store;
  std::promise<Outcome> second;
  std::promise<Outcome> third;
  store.commit({.key = "a", .value = "1", .expected = 0, .attachment = {}}, [&](const Outcome&) {
    store.commit({.key = "b", .value = "2", .expected = 0, .attachment = {}},
                 [&](Outcome outcome) { second.set_value(std::move(outcome)); });
    store.stop();
    store.commit({.key = "c", .value = "3", .expected = 0, .attachment = {}},
                 [&](Outcome outcome) { third.set_value(std::move(outcome)); });
  });
  EXPECT_EQ(second.get_future().get().value(), 2);
  EXPECT_EQ(refusal_of(third.get_future().get()), Kind::stopped);
}

TYPED_TEST(StoreConformance, a_full_queue_refuses_instead_of_growing) {
  Store& store = *this->store;
  Gate gate;
  std::atomic<int> accepted = 0;
  int refused = 0;
  store.commit({.key = "first", .value = "v", .expected = 0, .attachment = {}},
               [&](const Outcome&) { gate.wait(); });
  const std::string big(value_bytes_max, 'b');
  // 16 MiB each: the queue holds 256 MiB, so the sixteenth is one too many.
  for (int i = 0; i < 20; ++i) {
    store.commit({.key = "same", .value = big, .expected = 0, .attachment = {}},
                 [&](const Outcome& outcome) {
                   const bool overloaded = !outcome && outcome.error().kind == Kind::unavailable;
                   if (overloaded) {
                     ++refused;
                   } else {
                     ++accepted;
                   }
                 });
  }
  EXPECT_GE(refused, 4);
  EXPECT_LE(refused, 5);
  const int refused_at_once = refused;
  gate.open();
  store.stop();
  EXPECT_EQ(refused, refused_at_once);
  EXPECT_EQ(accepted + refused, 20);
}

TYPED_TEST(StoreConformance, random_writes_match_a_model) {
  Store& store = *this->store;
  std::mt19937 random(11);
  Contents model;
  Revision last = 0;
  for (int step = 0; step < 1500; ++step) {
    const std::string key = "k" + std::to_string(random() % 40);
    const Revision now = model.contains(key) ? model[key].second : 0;
    const bool deletes = random() % 3 == 0;
    std::optional<Revision> expected;
    if (random() % 2 == 0) expected = random() % 4 == 0 ? now + 1 : now;
    const std::string value = std::to_string(step);
    const Outcome outcome =
        deletes ? erase(store, key, expected) : put(store, key, value, expected);
    if (expected && *expected != now) {
      ASSERT_EQ(refusal_of(outcome), Kind::conflict);
      ASSERT_EQ(outcome.error().actual, now);
    } else if (deletes && now == 0) {
      ASSERT_EQ(refusal_of(outcome), Kind::not_found);
    } else {
      ASSERT_EQ(outcome.value(), ++last);
      if (deletes) {
        model.erase(key);
      } else {
        model[key] = {value, last};
      }
    }
  }
  EXPECT_EQ(this->live(), model);
}

}  // namespace
}  // namespace signet::store
