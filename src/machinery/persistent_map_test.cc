#include "machinery/persistent_map.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace signet::machinery {
namespace {

struct Thing {
  std::string key;
  int number = 0;
};
using ThingPtr = std::shared_ptr<const Thing>;
struct KeyOfThing {
  std::string_view operator()(const ThingPtr& thing) const { return thing->key; }
};
using Things = PersistentMap<ThingPtr, KeyOfThing>;
using Numbers = PersistentMap<int>;

ThingPtr thing(std::string key, int number) {
  return std::make_shared<const Thing>(Thing{.key = std::move(key), .number = number});
}
std::string padded(int number) {
  std::string digits = std::to_string(number);
  return std::string(8 - digits.size(), '0') + digits;
}

// Both flavours under one name, so that each test runs with stored and with borrowed keys.
struct StoredKeys {
  using Map = Numbers;
  static Map put(const Map& map, const std::string& key, int n) {
    return map.insert_or_assign(key, n);
  }
  static Map load(const std::map<std::string, int>& model) {
    return Map::from_sorted({model.begin(), model.end()});
  }
  static int number(int value) { return value; }
};
struct BorrowedKeys {
  using Map = Things;
  static Map put(const Map& map, const std::string& key, int n) {
    return map.insert_or_assign(key, thing(key, n));
  }
  static Map load(const std::map<std::string, int>& model) {
    std::vector<ThingPtr> things;
    for (const auto& [key, n] : model) things.push_back(thing(key, n));
    return Map::from_sorted(std::move(things));
  }
  static int number(const ThingPtr& value) { return value->number; }
};

template <typename Flavour>
class PersistentMapOf : public testing::Test {
 public:
  using Map = Flavour::Map;

  static void expect_same(const Map& map, const std::map<std::string, int>& model) {
    ASSERT_EQ(map.size(), model.size());
    auto expected = model.begin();
    for (auto at = map.begin(); at != map.end(); ++at, ++expected) {
      ASSERT_NE(expected, model.end());
      ASSERT_EQ(at.key(), expected->first);
      ASSERT_EQ(Flavour::number(at.value()), expected->second);
    }
    ASSERT_EQ(expected, model.end());
    for (const auto& [key, n] : model) {
      const auto* found = map.find(key);
      ASSERT_NE(found, nullptr) << key;
      ASSERT_EQ(Flavour::number(*found), n);
    }
  }
  static void expect_same_bound(const Map& map, const std::map<std::string, int>& model,
                                const std::string& key) {
    const auto at = map.lower_bound(key);
    const auto expected = model.lower_bound(key);
    ASSERT_EQ(at == map.end(), expected == model.end()) << key;
    if (expected != model.end()) {
      ASSERT_EQ(at.key(), expected->first);
    }
  }
};
using Flavours = testing::Types<StoredKeys, BorrowedKeys>;
struct FlavourNames {
  template <typename T>
  static std::string GetName(int) {
    return std::is_same_v<T, StoredKeys> ? "stored_keys" : "borrowed_keys";
  }
};
TYPED_TEST_SUITE(PersistentMapOf, Flavours, FlavourNames);

TYPED_TEST(PersistentMapOf, empty_has_nothing_to_find_iterate_or_erase) {
  const typename TestFixture::Map map;
  EXPECT_EQ(map.find("a"), nullptr);
  EXPECT_TRUE(map.begin() == map.end());
  EXPECT_TRUE(map.lower_bound("") == map.end());
  EXPECT_TRUE(map.erase("a").empty());
}

TYPED_TEST(PersistentMapOf, changes_leave_the_older_version_as_it_was) {
  const typename TestFixture::Map none;
  const auto one = TypeParam::put(none, "a", 1);
  const auto changed = TypeParam::put(one, "a", 2);
  const auto gone = changed.erase("a");
  TestFixture::expect_same(none, {});
  TestFixture::expect_same(one, {{"a", 1}});
  TestFixture::expect_same(changed, {{"a", 2}});
  TestFixture::expect_same(gone, {});
}

TYPED_TEST(PersistentMapOf, keys_are_bytes_ordered_as_unsigned) {
  std::map<std::string, int> model;
  typename TestFixture::Map map;
  int n = 0;
  for (const std::string& key : {std::string(), std::string("\0", 1), std::string("a\0b", 3),
                                 std::string("a"), std::string("\xff"), std::string("~")}) {
    model[key] = n;
    map = TypeParam::put(map, key, n++);
  }
  TestFixture::expect_same(map, model);
}

TYPED_TEST(PersistentMapOf, random_changes_match_a_model_and_snapshots_stay_true) {
  for (const int keys : {60, 700, 30000}) {
    std::mt19937 random(static_cast<unsigned>(keys));
    std::map<std::string, int> model;
    typename TestFixture::Map map;
    std::vector<std::pair<typename TestFixture::Map, std::map<std::string, int>>> kept;
    for (int step = 0; step < 12000; ++step) {
      const std::string key = padded(static_cast<int>(random() % static_cast<unsigned>(keys)));
      // Phases of growth and decay, so that nodes split and join many times.
      const bool shrinking = (step / 3000) % 2 == 1;
      if (random() % 10 < (shrinking ? 8U : 2U)) {
        map = map.erase(key);
        model.erase(key);
      } else {
        map = TypeParam::put(map, key, step);
        model[key] = step;
      }
      ASSERT_EQ(map.size(), model.size());
      TestFixture::expect_same_bound(
          map, model, padded(static_cast<int>(random() % static_cast<unsigned>(keys))));
      if (step % 1500 == 0) kept.emplace_back(map, model);
    }
    TestFixture::expect_same(map, model);
    for (const auto& [snapshot, then] : kept) TestFixture::expect_same(snapshot, then);
    // To nothing, in key order, which empties leaf after leaf.
    while (!model.empty()) {
      map = map.erase(model.begin()->first);
      model.erase(model.begin());
      if (model.size() % 997 == 0) TestFixture::expect_same(map, model);
    }
    EXPECT_TRUE(map.empty());
    for (const auto& [snapshot, then] : kept) TestFixture::expect_same(snapshot, then);
  }
}

TYPED_TEST(PersistentMapOf, ascending_and_descending_insertion_and_removal) {
  for (const bool up : {true, false}) {
    std::map<std::string, int> model;
    typename TestFixture::Map map;
    constexpr int count = 9000;
    for (int i = 0; i < count; ++i) {
      const std::string key = padded(up ? i : count - i);
      map = TypeParam::put(map, key, i);
      model[key] = i;
    }
    TestFixture::expect_same(map, model);
    for (int i = 0; i < count; ++i) {
      const std::string key = padded(up ? count - i : i);
      map = map.erase(key);
      model.erase(key);
      if (i % 1000 == 0) TestFixture::expect_same(map, model);
    }
    TestFixture::expect_same(map, model);
  }
}

// 48 fill a leaf and 48 * 48 the level above: one less, exact, one more.
TYPED_TEST(PersistentMapOf, bulk_load_at_the_borders_of_nodes_and_changes_after_it) {
  for (const int count : {0, 1, 47, 48, 49, 2303, 2304, 2305, 5000}) {
    std::map<std::string, int> model;
    for (int i = 0; i < count; ++i) model[padded(2 * i)] = i;
    auto map = TypeParam::load(model);
    TestFixture::expect_same(map, model);
    for (int i = 0; i <= 2 * count; i += 7) {
      TestFixture::expect_same_bound(map, model, padded(i));
      map = TypeParam::put(map, padded(i), -i);
      model[padded(i)] = -i;
    }
    for (int i = 0; i <= 2 * count; i += 6) {
      map = map.erase(padded(i));
      model.erase(padded(i));
    }
    TestFixture::expect_same(map, model);
  }
}

TYPED_TEST(PersistentMapOf, lower_bound_starts_a_walk_over_a_prefix) {
  typename TestFixture::Map map;
  for (int i = 0; i < 300; ++i) {
    map = TypeParam::put(map, "pods/a/" + padded(i), i);
    map = TypeParam::put(map, "pods/b/" + padded(i), i);
    map = TypeParam::put(map, "secrets/a/" + padded(i), i);
  }
  int seen = 0;
  for (auto at = map.lower_bound("pods/b/"); at != map.end() && at.key().starts_with("pods/b/");
       ++at) {
    EXPECT_EQ(TypeParam::number(*at), seen++);
  }
  EXPECT_EQ(seen, 300);
  EXPECT_TRUE(map.lower_bound("t") == map.end());
}

TEST(PersistentMap, bulk_load_out_of_order_aborts) {
  EXPECT_DEATH(Numbers::from_sorted({{"b", 1}, {"a", 2}}), "");
  EXPECT_DEATH(Numbers::from_sorted({{"a", 1}, {"a", 2}}), "");
}

TEST(PersistentMap, a_value_lives_as_long_as_a_version_that_has_it) {
  std::weak_ptr<const Thing> watch;
  Things newer;
  {
    auto first = thing("a", 1);
    watch = first;
    const Things older = Things().insert_or_assign("a", std::move(first));
    newer = older.insert_or_assign("a", thing("a", 2));
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

// Versions are read and dropped on other threads while the writer goes on; a sanitizer is the judge
// of the memory, this test of the contents.
TEST(PersistentMap, snapshots_are_read_and_destroyed_on_any_thread) {
  constexpr int keys = 2000;
  std::map<std::string, int> initial;
  for (int i = 0; i < keys; ++i) initial[padded(i)] = 0;
  std::mutex mutex;
  Things current = BorrowedKeys::load(initial);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;

  const auto read = [&](unsigned seed) {
    std::mt19937 random(seed);
    do {
      std::optional<Things> snapshot;
      {
        const std::scoped_lock lock(mutex);
        snapshot = current;
      }
      for (int i = 0; i < 50; ++i) {
        const std::string key = padded(static_cast<int>(random() % keys));
        const ThingPtr* found = snapshot->find(key);
        if (found == nullptr || (*found)->key != key) ++wrong;
      }
      std::size_t seen = 0;
      for (auto at = snapshot->begin(); at != snapshot->end(); ++at) ++seen;
      if (seen != keys) ++wrong;
    } while (!done);
  };
  std::vector<std::jthread> readers;
  for (unsigned i = 0; i < 3; ++i) readers.emplace_back(read, i);
  std::mt19937 random(7);
  for (int step = 1; step <= 3000; ++step) {
    const std::string key = padded(static_cast<int>(random() % keys));
    Things next = current.erase(key).insert_or_assign(key, thing(key, step));
    const std::scoped_lock lock(mutex);
    current = std::move(next);
  }
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(current.size(), static_cast<std::size_t>(keys));
}

}  // namespace
}  // namespace signet::machinery
