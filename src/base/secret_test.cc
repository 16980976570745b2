#include "base/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace signet {
namespace {

// Both below and above the size that std::string keeps inside itself.
class SecretOfSize : public testing::TestWithParam<std::size_t> {
 protected:
  std::string bytes() const { return std::string(GetParam(), 's'); }
};
INSTANTIATE_TEST_SUITE_P(, SecretOfSize, testing::Values(1, 15, 16, 4096),
                         [](const auto& row) { return std::to_string(row.param); });

TEST_P(SecretOfSize, is_revealed_as_it_was_given) {
  const Secret secret(bytes());
  EXPECT_EQ(secret.reveal(), bytes());
  EXPECT_FALSE(secret.empty());
}

TEST_P(SecretOfSize, leaves_nothing_behind_when_moved_from) {
  Secret first(bytes());
  const auto* at = first.reveal().data();
  const auto inside =
      at >= reinterpret_cast<const char*>(&first) && at < reinterpret_cast<const char*>(&first + 1);
  const Secret second(std::move(first));
  EXPECT_EQ(second.reveal(), bytes());
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is tested
  if (inside) {
    const std::string_view left(at, GetParam());
    EXPECT_EQ(left, std::string(GetParam(), '\0'));
  }
}

TEST_P(SecretOfSize, replaces_another_by_assignment) {
  Secret secret(std::string(100, 'o'));
  Secret next(bytes());
  secret = std::move(next);
  EXPECT_EQ(secret.reveal(), bytes());
  EXPECT_TRUE(next.empty());  // NOLINT(bugprone-use-after-move): what is tested
}

TEST(Secret, survives_assignment_to_itself) {
  Secret secret("s");
  auto& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), "s");
}

TEST(Secret, is_empty_by_default) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret("").empty());
}

TEST(Secret, is_neither_copied_nor_converted) {
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_copy_assignable_v<Secret>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

}  // namespace
}  // namespace signet
