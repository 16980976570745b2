#include "verify/key_set.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "crypto/key.h"

namespace signet::verify {
namespace {

constexpr auto es256 = jose::Algorithm::es256;

KeyRecord record(std::string kid, const crypto::PrivateKey& key) {
  return {.kid = std::move(kid),
          .algorithm = jose::algorithm_of(key.type()),
          .spki_der = key.public_key().spki_der()};
}

class KeySetTest : public testing::Test {
 protected:
  const crypto::PrivateKey one_ = crypto::PrivateKey::generate(crypto::NewKey::p256).value();
  const crypto::PrivateKey two_ = crypto::PrivateKey::generate(crypto::NewKey::p384).value();
};

TEST_F(KeySetTest, opens_a_key_once_and_gives_the_same_ever_after) {
  const KeySet set({record("a", one_)}, 7);
  EXPECT_EQ(set.generation(), 7);
  const auto* key = set.find("a", es256);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->key, one_.public_key());
  EXPECT_EQ(key->kid, "a");
  EXPECT_EQ(set.find("a", es256), key);
  EXPECT_EQ(set.find_only(es256), key);
}

TEST_F(KeySetTest, opens_a_key_once_for_many_threads) {
  const KeySet set({record("a", one_)}, 1);
  std::vector<const jose::VerificationKey*> seen(8);
  {
    std::vector<std::jthread> threads;
    for (auto& slot : seen) threads.emplace_back([&] { slot = set.find("a", es256); });
  }
  for (const auto* key : seen) EXPECT_EQ(key, seen.front());
}

// K-1 37.
TEST_F(KeySetTest, tells_keys_of_one_name_apart_by_their_algorithm) {
  const KeySet set({record("a", one_), record("a", two_)}, 1);
  EXPECT_EQ(set.find("a", es256)->key, one_.public_key());
  EXPECT_EQ(set.find("a", jose::Algorithm::es384)->key, two_.public_key());
  EXPECT_EQ(set.find("a", jose::Algorithm::rs256), nullptr);
  EXPECT_TRUE(set.has("a", es256));
  EXPECT_FALSE(set.has("a", jose::Algorithm::rs256));
}

TEST_F(KeySetTest, has_an_only_key_when_there_are_no_two) {
  const KeySet set({record("a", one_), record("b", one_)}, 1);
  EXPECT_EQ(set.find_only(es256), nullptr);
  EXPECT_FALSE(set.has_only(es256));
  EXPECT_EQ(KeySet({}, 1).find_only(es256), nullptr);
}

TEST_F(KeySetTest, gives_no_key_for_an_encoding_that_is_none) {
  auto damaged = record("a", one_);
  damaged.spki_der.back() = static_cast<char>(damaged.spki_der.back() ^ 1);  // off the curve
  auto of_another_kind = record("b", two_);
  of_another_kind.algorithm = es256;
  const KeySet set({damaged, of_another_kind}, 1);
  EXPECT_EQ(set.find("a", es256), nullptr);
  EXPECT_EQ(set.find("b", es256), nullptr);
}

}  // namespace
}  // namespace signet::verify
