#include "signer/signing_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.h"
#include "crypto/signature_verifier.h"
#include "crypto/soft_token_for_tests.h"
#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::test_key;
using std::chrono::seconds;
using testing::HasSubstr;

class SigningKeyFiles : public testing::Test {
 protected:
  std::string private_file(std::string_view name, std::size_t key) {
    return write(name, test_key(key).to_pem().reveal());
  }
  std::string public_file(std::string_view name, std::size_t key) {
    return write(name, test_key(key).public_key().to_pem());
  }
  std::string write(std::string_view name, std::string_view text) {
    EXPECT_TRUE(write_file_durably(directory / name, text, 0600));
    return directory / name;
  }
  static std::string kid(std::size_t key) { return jose::key_id(test_key(key).public_key()); }
  static std::vector<std::string> kids(const ServedKeys& keys) {
    std::vector<std::string> out;
    for (const auto& key : keys.keys) out.push_back(key.kid);
    return out;
  }
  std::string error_of(SigningKeys::Options options) {
    const auto keys = SigningKeys::load(std::move(options), clock);
    return keys ? "none" : keys.error().message;
  }

  fixture::TempDirectory directory;
  ManualClock clock{Instant(seconds{1000})};
};

TEST_F(SigningKeyFiles, the_first_signs_and_all_verify_once) {
  const auto keys = SigningKeys::load(
      {.key_files = {private_file("a", 0), public_file("b", 1), public_file("a.pub", 0)},
       .unpublished_files = {public_file("c", 2)}},
      clock);
  ASSERT_TRUE(keys) << keys.error().message;
  const auto served = (*keys)->current();
  EXPECT_EQ(kids(*served), (std::vector{kid(0), kid(1), kid(2)}));
  EXPECT_EQ(served->unpublished, 1U);
  EXPECT_EQ(served->since, Instant(seconds{1000}));
  EXPECT_EQ(codec::base64url_decode(served->encoded_header).value(),
            R"({"alg":"ES256","kid":")" + kid(0) + R"(","typ":"JWT"})");
  const auto signature = (*keys)->sign(*served, "input");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(crypto::verify_signature(test_key(0).public_key(), {}, "input", *signature));
}

TEST_F(SigningKeyFiles, are_followed_and_bad_ones_change_nothing) {
  const auto path = private_file("a", 0);
  const auto keys = SigningKeys::load({.key_files = {path}}, clock).value();
  clock.advance(seconds{5});
  keys->look();
  EXPECT_EQ(keys->current()->since, Instant(seconds{1000}));

  write("a", "no key");
  keys->look();
  EXPECT_EQ(kids(*keys->current()), std::vector{kid(0)});
  std::filesystem::remove(path);
  keys->look();
  EXPECT_EQ(kids(*keys->current()), std::vector{kid(0)});

  // Opening a pipe that nobody writes to would wait for ever, and not even end when told to.
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  keys->look();
  EXPECT_EQ(kids(*keys->current()), std::vector{kid(0)});
  std::filesystem::remove(path);

  private_file("a", 1);
  keys->look();
  EXPECT_EQ(kids(*keys->current()), std::vector{kid(1)});
  EXPECT_EQ(keys->current()->since, Instant(seconds{1005}));
}

TEST_F(SigningKeyFiles, that_will_not_do_are_named) {
  EXPECT_THAT(error_of({.key_files = {directory / "none"}}), HasSubstr(directory / "none"));
  const auto only_public = public_file("a", 0);
  EXPECT_EQ(error_of({.key_files = {only_public}}),
            only_public + ": data does not contain a valid RSA or ECDSA private key");
  EXPECT_THAT(error_of({.key_files = {directory / ""}}), HasSubstr("no regular file"));
  EXPECT_EQ(
      error_of({.key_files = {private_file("b", 1)}, .unpublished_files = {public_file("c", 1)}}),
      "the key that signs is excluded from discovery");
  std::string many;
  for (int i = 0; i < 64; ++i) many += test_key(0).public_key().to_pem();
  EXPECT_EQ(error_of({.key_files = {private_file("d", 1), write("many", many)}}),
            "there are 65 keys, more than 64");
}

TEST_F(SigningKeyFiles, a_token_signs_and_files_verify) {
  crypto::fixture::SoftToken token;
  token.import(test_key(0), "signing", "01");
  const crypto::Pkcs11Place place{.uri = token.uri("signing"), .module = std::string(token.module)};
  const auto pin = write("pin", std::string(token.pin) + "\n");
  const auto keys = SigningKeys::load(
      {.key_files = {public_file("b", 1)}, .token = place, .pin_file = pin}, clock);
  ASSERT_TRUE(keys) << keys.error().message;
  const auto served = (*keys)->current();
  EXPECT_EQ(kids(*served), (std::vector{kid(0), kid(1)}));
  EXPECT_FALSE(served->key);
  const auto signature = (*keys)->sign(*served, "input");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(crypto::verify_signature(test_key(0).public_key(), {}, "input", *signature));
  EXPECT_EQ(error_of({.token = place, .pin_file = write("empty", "\n")}),
            (directory / "empty") + " holds no PIN");
}

}  // namespace
}  // namespace signet::signer
