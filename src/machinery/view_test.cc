#include "machinery/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/cat.h"
#include "machinery/fake_kinds.h"
#include "store/memory.h"

namespace signet::machinery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string stored(std::string_view name, std::string_view label = "x") {
  return cat(R"({"kind":"Widget","apiVersion":"v1","metadata":{"name":")", name,
             R"(","namespace":"n","uid":"u-)", name, R"(","labels":{"l":")", label, R"("}}})");
}

// Feeds a view as a store would.
struct Fed {
  View view{fake::registry()};
  Revision revision = 0;

  Revision put(std::string_view name, std::string_view label = "x") {
    std::vector<store::Event> events;
    events.push_back({.key = store_key(fake::widget(), cat("n/", name)),
                      .value = stored(name, label),
                      .revision = ++revision,
                      .attachment = nullptr});
    view.committed(std::move(events));
    return revision;
  }
  Revision remove(std::string_view name) {
    std::vector<store::Event> events;
    events.push_back({.key = store_key(fake::widget(), cat("n/", name)),
                      .value = std::nullopt,
                      .revision = ++revision,
                      .attachment = nullptr});
    view.committed(std::move(events));
    return revision;
  }
};

std::vector<std::string> names(const std::vector<Change>& changes) {
  std::vector<std::string> out;
  for (const auto& change : changes) {
    constexpr std::string_view words[] = {"added", "modified", "deleted"};
    out.push_back(cat(words[static_cast<std::size_t>(change.type)], ' ', change.object->name(), ' ',
                      change.revision()));
  }
  return out;
}

// Runs at once, on the thread that posts.
struct Immediate final : Executor {
  void post(std::move_only_function<void()> work) override { work(); }
};

TEST(View, shows_what_was_committed_with_its_revision) {
  Fed fed;
  fed.put("a");
  const auto before = fed.view.current();
  fed.put("a", "y");

  const auto* now = fed.view.current()->find(fake::widget(), "n/a");
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->revision(), 2);
  EXPECT_THAT(std::string(now->json()), HasSubstr(R"("resourceVersion":"2")"));
  EXPECT_EQ(before->find(fake::widget(), "n/a")->revision(), 1) << "a snapshot stays as it was";
}

TEST(View, a_deleted_object_is_gone_and_told_as_it_last_was_with_the_revision_of_the_delete) {
  Fed fed;
  fed.put("a");
  fed.remove("a");

  EXPECT_EQ(fed.view.current()->find(fake::widget(), "n/a"), nullptr);
  const auto changes = fed.view.since(fake::widget(), 1);
  ASSERT_TRUE(changes);
  ASSERT_THAT(names(*changes), ElementsAre("deleted a 2"));
  EXPECT_THAT(std::string(changes->front().object->json()), HasSubstr(R"("resourceVersion":"2")"));
  EXPECT_EQ(changes->front().previous->revision(), 1);
}

TEST(View, changes_since_a_revision_are_those_after_it) {
  Fed fed;
  fed.put("a");
  fed.put("b");
  fed.put("a");
  EXPECT_THAT(names(*fed.view.since(fake::widget(), 0)),
              ElementsAre("added a 1", "added b 2", "modified a 3"));
  EXPECT_THAT(names(*fed.view.since(fake::widget(), 2)), ElementsAre("modified a 3"));
  EXPECT_THAT(names(*fed.view.since(fake::widget(), 3)), IsEmpty());
  EXPECT_THAT(names(*fed.view.since(fake::widget(), 99)), IsEmpty());
}

TEST(View, history_holds_exactly_so_many_changes) {
  Fed fed;
  for (std::size_t i = 0; i < View::history_max; ++i) fed.put("a");
  EXPECT_TRUE(fed.view.since(fake::widget(), 0)) << "nothing was dropped yet";
  fed.put("a");
  EXPECT_FALSE(fed.view.since(fake::widget(), 0));
  const auto all = fed.view.since(fake::widget(), 1);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), View::history_max);
  EXPECT_EQ(fed.view.history_start(fake::widget()), 1);
}

TEST(View, snapshots_of_the_past_are_kept_as_long_as_the_changes) {
  Fed fed;
  fed.put("a", "old");
  for (std::size_t i = 1; i < View::history_max; ++i) fed.put("b");
  ASSERT_NE(fed.view.at(1), nullptr);
  EXPECT_EQ(fed.view.at(1)->objects(fake::widget()).size(), 1U);
  EXPECT_EQ(fed.view.at(1)->revision(), 1);
  EXPECT_NE(fed.view.at(0), nullptr);
  fed.put("b");
  EXPECT_EQ(fed.view.at(0), nullptr);
  EXPECT_NE(fed.view.at(1), nullptr);
  EXPECT_EQ(fed.view.at(1'000'000)->revision(), fed.revision);
}

TEST(View, a_history_that_starts_anew_knows_nothing_of_before) {
  Fed fed;
  fed.put("a");
  fed.put("b");
  fed.view.start_history();
  EXPECT_FALSE(fed.view.since(fake::widget(), 1));
  EXPECT_THAT(names(*fed.view.since(fake::widget(), 2)), IsEmpty());
  EXPECT_EQ(fed.view.at(1), nullptr);
  EXPECT_EQ(fed.view.at(2)->revision(), 2);
}

TEST(View, subscribers_hear_every_later_change_in_order_until_they_end) {
  Fed fed;
  Immediate executor;
  fed.put("before");
  std::vector<std::string> heard;
  auto subscription = fed.view.subscribe(executor, [&](const Changes& changes) {
    for (auto& name : names(*changes)) heard.push_back(std::move(name));
  });
  fed.put("a");
  fed.remove("a");
  subscription.reset();
  fed.put("after");
  EXPECT_THAT(heard, ElementsAre("added a 2", "deleted a 3"));
}

TEST(View, reads_a_store_and_refuses_what_it_does_not_know) {
  store::MemoryStore store;
  const auto commit = [&](std::string key, std::string value) {
    std::promise<void> done;
    store.commit(
        {.key = std::move(key), .value = std::move(value), .expected = {}, .attachment = {}},
        [&](const auto& outcome) {
          EXPECT_TRUE(outcome);
          done.set_value();
        });
    done.get_future().get();
  };
  commit("core/widgets/n/b", stored("b"));
  commit("core/widgets/n/a", stored("a"));
  View view(fake::registry());
  ASSERT_TRUE(view.load(store));
  EXPECT_EQ(view.current()->revision(), 2);
  EXPECT_EQ(view.current()->find(fake::widget(), "n/a")->revision(), 2);
  EXPECT_FALSE(view.since(fake::widget(), 1)) << "what was before is not known";
  EXPECT_TRUE(view.since(fake::widget(), 2));

  commit("core/gizmos/n/a", "{}");
  View other(fake::registry());
  const auto refused = other.load(store);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("core/gizmos/n/a"));
}

TEST(View, a_stored_value_that_is_no_json_is_one_clear_error) {
  store::MemoryStore store;
  std::promise<void> done;
  store.commit({.key = "core/widgets/n/a", .value = "{", .expected = {}, .attachment = {}},
               [&](const auto&) { done.set_value(); });
  done.get_future().get();
  View view(fake::registry());
  const auto refused = view.load(store);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("core/widgets/n/a"));
}

TEST(ViewReader, follows_the_view_from_another_thread) {
  Fed fed;
  constexpr int count = 500;
  std::thread reading([&] {
    View::Reader reader(fed.view);
    Revision last = 0;
    while (last < count) {
      const auto& snapshot = reader.current();
      ASSERT_GE(snapshot.revision(), last);
      last = snapshot.revision();
      if (last > 0) {
        const auto* object = snapshot.find(fake::widget(), "n/a");
        ASSERT_NE(object, nullptr);
        ASSERT_EQ(object->revision(), last);
      }
    }
  });
  for (int i = 0; i < count; ++i) fed.put("a");
  reading.join();
}

}  // namespace
}  // namespace signet::machinery
