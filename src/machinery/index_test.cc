// The indexes of snapshots: what is found by a key that an object has inside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <span>

#include "base/cat.h"
#include "machinery/fake_kinds.h"
#include "machinery/view.h"
#include "store/memory.h"

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Names = std::vector<std::string>;

std::string widget_with(std::string_view name, std::span<const std::string> parts) {
  codec::JsonArray list;
  for (const auto& part : parts) list.push_back(codec::JsonObject{{"name", part}});
  const codec::JsonObject object{
      {"kind", "Widget"},
      {"apiVersion", "v1"},
      {"metadata", codec::JsonObject{{"name", name}, {"namespace", "n"}}},
      {"parts", list}};
  return codec::to_json(object);
}

// Feeds a view as a store would.
struct Fed {
  View view{fake::registry()};
  Revision revision = 0;

  void commit(std::string_view name, std::optional<std::string> value) {
    std::vector<store::Event> events;
    events.push_back({.key = store_key(fake::widget(), cat("n/", name)),
                      .value = std::move(value),
                      .revision = ++revision,
                      .attachment = nullptr});
    view.committed(std::move(events));
  }
  void put(std::string_view name, const Names& parts) { commit(name, widget_with(name, parts)); }
};

Names found(const Snapshot& snapshot, std::string_view key) {
  Names out;
  snapshot.for_each_indexed(fake::widget(), key, [&](const Object& object) {
    out.emplace_back(object.name());
    return true;
  });
  EXPECT_EQ(snapshot.has_indexed(fake::widget(), key), !out.empty());
  return out;
}

TEST(Index, finds_objects_by_their_keys_in_the_order_of_their_names) {
  Fed fed;
  fed.put("b", {"wheel", "door"});
  fed.put("a", {"wheel", "wheel"});
  const auto now = fed.view.current();
  EXPECT_THAT(found(*now, "wheel"), ElementsAre("a", "b"));
  EXPECT_THAT(found(*now, "door"), ElementsAre("b"));
  EXPECT_THAT(found(*now, "wheels"), IsEmpty());
  EXPECT_THAT(found(*now, "whee"), IsEmpty());
  EXPECT_THAT(found(*now, ""), IsEmpty());
}

TEST(Index, follows_changes_and_leaves_older_snapshots_as_they_were) {
  Fed fed;
  fed.put("a", {"wheel", "door"});
  const auto first = fed.view.current();
  fed.put("a", {"door", "roof"});
  const auto second = fed.view.current();
  fed.commit("a", std::nullopt);
  EXPECT_THAT(found(*first, "wheel"), ElementsAre("a"));
  EXPECT_THAT(found(*second, "wheel"), IsEmpty());
  EXPECT_THAT(found(*second, "door"), ElementsAre("a"));
  EXPECT_THAT(found(*second, "roof"), ElementsAre("a"));
  EXPECT_THAT(found(*fed.view.current(), "roof"), IsEmpty());
}

TEST(Index, gives_the_object_as_it_is_now) {
  Fed fed;
  fed.put("a", {"wheel"});
  fed.put("a", {"wheel", "wheel"});
  fed.view.current()->for_each_indexed(fake::widget(), "wheel", [&](const Object& object) {
    EXPECT_EQ(object.revision(), 2);
    EXPECT_EQ(object.compiled<fake::CompiledWidget>()->parts, 2U);
    return true;
  });
}

// A change that keeps the keys costs the index nothing, not even memory.
TEST(Index, keys_that_do_not_change_are_shared_between_versions) {
  Fed fed;
  fed.put("a", {"wheel", "door"});
  const auto before = fed.view.current()->find_shared(fake::widget(), "n/a");
  fed.put("a", {"door", "wheel", "door"});
  const auto after = fed.view.current()->find_shared(fake::widget(), "n/a");
  EXPECT_EQ(before->index_keys(), after->index_keys());
}

TEST(Index, stops_when_enough_is_seen) {
  Fed fed;
  for (const auto* name : {"a", "b", "c"}) fed.put(name, {"wheel"});
  int seen = 0;
  fed.view.current()->for_each_indexed(fake::widget(), "wheel",
                                       [&](const Object&) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(Index, a_key_with_a_nul_cannot_pass_for_another) {
  Fed fed;
  const std::string nul(1, '\0');
  fed.put("a", {cat("wheel", nul, "n/b"), nul, "door"});
  fed.put("b", {});
  EXPECT_THAT(found(*fed.view.current(), "wheel"), IsEmpty());
  EXPECT_THAT(found(*fed.view.current(), ""), IsEmpty());
  EXPECT_THAT(found(*fed.view.current(), "door"), ElementsAre("a"));
}

TEST(Index, is_there_after_a_start) {
  store::MemoryStore store;
  const auto write = [&](std::string_view name, const Names& parts) {
    std::promise<bool> committed;
    store.commit({.key = store_key(fake::widget(), cat("n/", name)),
                  .value = widget_with(name, parts),
                  .expected = 0,
                  .attachment = nullptr},
                 [&](auto done) { committed.set_value(done.has_value()); });
    ASSERT_TRUE(committed.get_future().get());
  };
  write("b", {"wheel"});
  write("a", {"wheel", "door"});
  View view(fake::registry());
  ASSERT_TRUE(view.load(store));
  EXPECT_THAT(found(*view.current(), "wheel"), ElementsAre("a", "b"));
  EXPECT_THAT(found(*view.current(), "door"), ElementsAre("a"));
}

TEST(Index, holds_as_many_keys_as_an_object_has) {
  Fed fed;
  Names parts;
  for (int i = 0; i < 5000; ++i) parts.push_back(cat("part", i));
  fed.put("a", parts);
  EXPECT_THAT(found(*fed.view.current(), "part4999"), ElementsAre("a"));
  fed.put("a", {});
  for (const auto& part : parts) EXPECT_THAT(found(*fed.view.current(), part), IsEmpty());
}

}  // namespace
}  // namespace signet::machinery
