#include "token/error_text.h"

#include <gtest/gtest.h>

namespace signet::token {
namespace {

TEST(ErrorTexts, are_flattened_and_named_once) {
  ErrorTexts inner;
  inner.add("b");
  inner.add("a");
  ErrorTexts outer;
  outer.add("a");
  outer.add(inner);
  EXPECT_EQ(outer.text(), "[a, b]");
}

TEST(ErrorTexts, of_one_kind_have_no_brackets) {
  ErrorTexts twice;
  twice.add("a");
  twice.add("a");
  EXPECT_EQ(twice.text(), "a");
  ErrorTexts nested;
  nested.add(twice);
  ErrorTexts deeper;
  deeper.add(nested);
  EXPECT_EQ(deeper.text(), "a");
}

TEST(ErrorTexts, of_nothing_are_empty) {
  EXPECT_TRUE(ErrorTexts().empty());
  EXPECT_EQ(ErrorTexts().text(), "");
}

}  // namespace
}  // namespace signet::token
