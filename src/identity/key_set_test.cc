#include "identity/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/cat.h"
#include "identity/key_ring.h"
#include "identity/keys_fixture_for_tests.h"
#include "jose/jws.h"

namespace signet::identity {
namespace {

using fixture::kid_of;
using fixture::new_key;
using testing::ElementsAre;
using testing::HasSubstr;

class KeyFilesTest : public testing::Test {
 protected:
  std::string write(std::string_view name, std::string_view text) {
    auto path = root / std::string(name);
    signet::fixture::write_text(path, text);
    return path;
  }
  std::string write_key(std::string_view name, const crypto::PrivateKey& key) {
    return write(name, key.to_pem().reveal());
  }
  static std::vector<std::string> kids(const KeySet& keys) {
    std::vector<std::string> out;
    for (const auto& each : keys.verification) out.push_back(each.kid);
    return out;
  }
  signet::fixture::TempDirectory root;
};

TEST_F(KeyFilesTest, the_signing_key_is_not_added_to_those_that_verify) {
  const auto signing = new_key();
  const auto other = new_key();
  KeyFiles files;
  files.signing_key_file = write_key("sign.pem", signing);
  files.verification_key_files = {write("verify.pem", other.public_key().to_pem())};
  const auto keys = load_key_set(files);
  ASSERT_TRUE(keys);
  EXPECT_THAT(kids(**keys), ElementsAre(kid_of(other)));
  EXPECT_EQ((*keys)->signing->encoded_header,
            jose::encode_header(jose::Algorithm::es256, kid_of(signing)));
}

TEST_F(KeyFilesTest, keys_of_several_files_stand_in_their_order) {
  const auto a = new_key(crypto::NewKey::rsa2048);
  const auto b = new_key();
  const auto c = new_key();
  KeyFiles files;
  files.signing_key_file = write_key("sign.pem", a);
  files.verification_key_files = {
      write("two.pem", b.public_key().to_pem() + c.public_key().to_pem()), files.signing_key_file};
  const auto keys = load_key_set(files);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_THAT(kids(**keys), ElementsAre(kid_of(b), kid_of(c), kid_of(a)));
}

TEST_F(KeyFilesTest, a_signing_key_without_verification_keys_says_which_flag_is_missing) {
  KeyFiles files;
  files.signing_key_file = write_key("sign.pem", new_key());
  const auto keys = load_key_set(files);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::invalid);
  EXPECT_THAT(keys.error().message, HasSubstr("needs --service-account-key-file"));
}

TEST_F(KeyFilesTest, files_that_are_missing_or_hold_no_key_are_named) {
  KeyFiles files;
  files.signing_key_file = root / "nosuch.pem";
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("nosuch.pem"));
  files.signing_key_file = write_key("sign.pem", new_key());
  files.verification_key_files = {write("empty.pem", "")};
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("empty.pem"));
}

TEST_F(KeyFilesTest, what_is_no_file_too_large_or_has_too_many_keys_is_refused) {
  KeyFiles files;
  files.signing_key_file = root / "pipe";
  ASSERT_EQ(::mkfifo(files.signing_key_file.c_str(), 0600), 0);
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("no regular file"));
  files.signing_key_file = "/dev/zero";
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("no regular file"));
  files.signing_key_file = write("huge.pem", std::string((std::size_t{1} << 20U) + 1, 'x'));
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("huge.pem: larger than 1048576"));
  const auto signing = new_key();
  files.signing_key_file = write_key("sign.pem", signing);
  std::string many;
  for (std::size_t i = 0; i <= KeyFiles::keys_max; ++i) many += signing.public_key().to_pem();
  files.verification_key_files = {write("many.pem", many)};
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("257 keys, more than 256"));
}

TEST_F(KeyFilesTest, a_fingerprint_changes_with_every_file) {
  KeyFiles files;
  files.signing_key_file = write("sign.pem", "a");
  files.verification_key_files = {write("verify.pem", "b")};
  const auto before = fingerprint(files).value();
  EXPECT_EQ(fingerprint(files).value(), before);
  write("verify.pem", "c");
  const auto after = fingerprint(files).value();
  EXPECT_NE(after, before);
  write("sign.pem", "d");
  EXPECT_NE(fingerprint(files).value(), after);
  files.signing_key_file = root / "nosuch.pem";
  EXPECT_FALSE(fingerprint(files));
}

TEST(KeyRing, readers_see_a_replacement_and_that_there_was_one) {
  const auto make = [] {
    return make_key_set(*crypto::PrivateKey::generate(crypto::NewKey::p256), {});
  };
  KeyRing ring(make());
  KeyRing::Reader reader(ring);
  const auto* before = &reader.current();
  const auto generation = reader.generation();
  EXPECT_EQ(&reader.current(), before);
  ring.replace(make());
  EXPECT_NE(&reader.current(), before);
  EXPECT_NE(reader.generation(), generation);
}

}  // namespace
}  // namespace signet::identity
