#include "signer/key_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::remote_key;
using fixture::remote_keys;
using testing::HasSubstr;

std::string verdict(const RemoteKeys& answer) {
  const auto keys = to_key_set(answer);
  return keys ? "" : keys.error().message;
}

TEST(KeyAnswer, becomes_a_set_under_the_ids_it_names) {
  const auto keys = to_key_set(
      remote_keys({remote_key("hidden", 1, true), remote_key("b", 0), remote_key("a", 2)}));
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ((*keys)->verification.size(), 3U);
  ASSERT_EQ((*keys)->published().size(), 2U);
  EXPECT_EQ((*keys)->published()[0].kid, "b");
  EXPECT_EQ((*keys)->published()[1].kid, "a");
  EXPECT_EQ((*keys)->verification[2].kid, "hidden");
  EXPECT_EQ((*keys)->verification[2].algorithm, jose::Algorithm::es256);
  EXPECT_FALSE((*keys)->signing);
}

// tokens.md 13.118 and 10.
TEST(KeyAnswer, is_refused_as_a_whole) {
  EXPECT_THAT(verdict(remote_keys({remote_key("a")}, 0)), HasSubstr("hint must be above 0"));
  EXPECT_THAT(verdict(remote_keys({remote_key("a")}, -1)), HasSubstr("hint must be above 0"));
  EXPECT_EQ(verdict(remote_keys({})), "there are no keys");
  EXPECT_EQ(verdict(remote_keys({remote_key("a"), remote_key("")})), "a key has no id");
  EXPECT_EQ(verdict(remote_keys({remote_key(std::string(1024, 'k'))})), "");
  EXPECT_EQ(verdict(remote_keys({remote_key(std::string(1025, 'k'))})),
            "a key id is longer than 1 kb");

  auto answer = remote_keys({remote_key("a")});
  answer.keys[0].spki.clear();
  EXPECT_EQ(verdict(answer), "a key is empty");
  answer.keys[0].spki = "not a key";
  EXPECT_THAT(verdict(answer), HasSubstr("a key cannot be used"));

  answer = remote_keys({remote_key("a")});
  answer.has_timestamp = false;
  EXPECT_EQ(verdict(answer), "the data timestamp is invalid");
  answer.has_timestamp = true;
  answer.timestamp_nanos = 1'000'000'000;
  EXPECT_EQ(verdict(answer), "the data timestamp is invalid");
  answer.timestamp_nanos = 0;
  answer.timestamp_seconds = 253'402'300'800;
  EXPECT_EQ(verdict(answer), "the data timestamp is invalid");
}

TEST(KeyAnswer, has_as_many_keys_as_can_be_published) {
  EXPECT_EQ(verdict(remote_keys(std::vector(64, remote_key("a")))), "");
  EXPECT_EQ(verdict(remote_keys(std::vector(65, remote_key("a")))),
            "there are 65 keys, more than 64");
}

}  // namespace
}  // namespace signet::signer
