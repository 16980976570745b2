#include "identity/last_uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::identity {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LastUsesOfSecrets, wait_once_and_wake_once) {
  LastUses uses;
  int woken = 0;
  uses.on_waiting([&] { ++woken; });
  uses.add("n/b");
  uses.add("n/a");
  uses.add("n/b");
  EXPECT_EQ(woken, 1);
  EXPECT_THAT(uses.take(), ElementsAre("n/a", "n/b"));
  EXPECT_THAT(uses.take(), IsEmpty());
}

TEST(LastUsesOfSecrets, that_came_before_anybody_listened_are_told_of) {
  LastUses uses;
  uses.add("n/a");
  int woken = 0;
  uses.on_waiting([&] { ++woken; });
  EXPECT_EQ(woken, 1);
  uses.on_waiting({});
  uses.add("n/b");
  EXPECT_EQ(woken, 1);
}

TEST(LastUsesOfSecrets, that_are_too_many_are_forgotten) {
  LastUses uses;
  for (std::size_t i = 0; i < LastUses::waiting_max + 1000; ++i) uses.add(cat("n/", i));
  EXPECT_EQ(uses.take().size(), LastUses::waiting_max);
  uses.add("n/again");
  EXPECT_THAT(uses.take(), ElementsAre("n/again"));
}

}  // namespace
}  // namespace signet::identity
