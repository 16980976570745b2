#include "identity/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/cat.h"
#include "identity/key_ring.h"
#include "jose/jws.h"

namespace signet::identity {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class KeyFilesTest : public testing::Test {
 protected:
  KeyFilesTest() {
    auto pattern = (fs::temp_directory_path() / "signet-keys-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    root = pattern;
  }
  ~KeyFilesTest() override { fs::remove_all(root); }

  std::string write(std::string_view name, std::string_view text) {
    auto path = cat(root, '/', name);
    std::ofstream(path) << text;
    return path;
  }
  std::string write_key(std::string_view name, const crypto::PrivateKey& key) {
    return write(name, key.to_pem().reveal());
  }
  static crypto::PrivateKey key(crypto::NewKey kind = crypto::NewKey::p256) {
    return *crypto::PrivateKey::generate(kind);
  }
  static std::string kid(const crypto::PrivateKey& key) {
    return jose::verification_key(key.public_key()).kid;
  }
  static std::vector<std::string> kids(const KeySet& keys) {
    std::vector<std::string> out;
    for (const auto& each : keys.verification) out.push_back(each.kid);
    return out;
  }
  KeyFiles own() { return {.directory = root + "/signing", .new_key = crypto::NewKey::p256}; }

  std::string root;
};

using testing::ElementsAre;

TEST_F(KeyFilesTest, the_first_start_makes_a_key_that_the_next_one_finds) {
  const auto first = load_key_set(own());
  ASSERT_TRUE(first) << first.error().message;
  struct stat info{};
  ASSERT_EQ(::stat((root + "/signing/0001.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  const auto second = load_key_set(own());
  ASSERT_TRUE(second);
  EXPECT_EQ((*second)->signing->encoded_header, (*first)->signing->encoded_header);
  EXPECT_EQ(kids(**second), kids(**first));
}

TEST_F(KeyFilesTest, the_newest_name_signs_and_all_verify_in_their_order) {
  fs::create_directory(root + "/signing");
  const auto old_key = key();
  const auto new_key = key(crypto::NewKey::p384);
  write_key("signing/0002.key", new_key);
  write_key("signing/0001.key", old_key);
  write("signing/notes.txt", "no key");
  const auto keys = load_key_set(own());
  ASSERT_TRUE(keys);
  EXPECT_EQ((*keys)->signing->algorithm, jose::Algorithm::es384);
  EXPECT_EQ((*keys)->signing->encoded_header,
            jose::encode_header(jose::Algorithm::es384, kid(new_key)));
  EXPECT_THAT(kids(**keys), ElementsAre(kid(old_key), kid(new_key)));
}

TEST_F(KeyFilesTest, a_damaged_key_is_one_error_that_names_the_file) {
  fs::create_directory(root + "/signing");
  write("signing/0001.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  const auto keys = load_key_set(own());
  ASSERT_FALSE(keys);
  EXPECT_THAT(keys.error().message, HasSubstr("/signing/0001.key: "));
  EXPECT_THAT(keys.error().message, testing::Not(HasSubstr("AAAA")));
}

TEST_F(KeyFilesTest, given_files_are_used_instead_and_the_signing_key_is_not_added) {
  const auto signing = key();
  const auto other = key();
  KeyFiles files = own();
  files.signing_key_file = write_key("sign.pem", signing);
  files.verification_key_files = {write("verify.pem", other.public_key().to_pem())};
  const auto keys = load_key_set(files);
  ASSERT_TRUE(keys);
  EXPECT_THAT(kids(**keys), ElementsAre(kid(other)));
  EXPECT_EQ((*keys)->signing->encoded_header,
            jose::encode_header(jose::Algorithm::es256, kid(signing)));
  EXPECT_FALSE(fs::exists(root + "/signing"));
}

TEST_F(KeyFilesTest, keys_of_several_files_stand_in_their_order) {
  const auto a = key(crypto::NewKey::rsa2048);
  const auto b = key();
  const auto c = key();
  KeyFiles files;
  files.signing_key_file = write_key("sign.pem", a);
  files.verification_key_files = {
      write("two.pem", b.public_key().to_pem() + c.public_key().to_pem()), files.signing_key_file};
  const auto keys = load_key_set(files);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_THAT(kids(**keys), ElementsAre(kid(b), kid(c), kid(a)));
}

TEST_F(KeyFilesTest, a_signing_key_without_verification_keys_says_which_flag_is_missing) {
  KeyFiles files;
  files.signing_key_file = write_key("sign.pem", key());
  const auto keys = load_key_set(files);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::invalid);
  EXPECT_THAT(keys.error().message, HasSubstr("needs --service-account-key-file"));
}

TEST_F(KeyFilesTest, files_that_are_missing_or_hold_no_key_are_named) {
  KeyFiles files;
  files.signing_key_file = root + "/nosuch.pem";
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("nosuch.pem"));
  files.signing_key_file = write_key("sign.pem", key());
  files.verification_key_files = {write("empty.pem", "")};
  EXPECT_THAT(load_key_set(files).error().message, HasSubstr("empty.pem"));
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
