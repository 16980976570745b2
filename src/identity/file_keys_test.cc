#include "identity/file_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/discovery_documents.h"
#include "identity/keys_fixture_for_tests.h"

namespace signet::identity {
namespace {

using fixture::kid_of;
using fixture::new_key;
using fixture::start;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class FileKeysTest : public fixture::KeyManagerTest<FileKeys> {
 protected:
  FileKeysTest() {
    write_signing(a);
    write_verifying({a});
    auto opened = FileKeys::open({.files = files, .follow = false}, clock, metrics);
    EXPECT_TRUE(opened);
    keys = *std::move(opened);
  }

  void write_signing(const crypto::PrivateKey& key) {
    signet::fixture::write_text(files.signing_key_file, key.to_pem().reveal());
  }
  void write_verifying(const std::vector<crypto::PrivateKey>& all) {
    std::string text;
    for (const auto& key : all) text += key.public_key().to_pem();
    signet::fixture::write_text(files.verification_key_files.front(), text);
  }
  // "SIGNS: VERIFIES VERIFIES"
  std::string in_force() const {
    const auto current = keys->ring().current();
    auto text = cat(jose::key_id(current->signing->key.public_key()), ':');
    for (const auto& key : current->verification) append(text, ' ', key.kid);
    return text;
  }
  std::string counted(std::string_view status) const {
    const auto text = metrics.text();
    const auto line = cat("signet_key_file_reloads_total{status=\"", status, "\"} ");
    const auto at = text.find(line);
    return at == std::string::npos
               ? "(none)"
               : text.substr(at + line.size(), text.find('\n', at) - at - line.size());
  }

  const crypto::PrivateKey a = new_key();
  const crypto::PrivateKey b = new_key();
  KeyFiles files{.signing_key_file = root / "sign.pem",
                 .verification_key_files = {root / "verify.pem"}};
};

TEST_F(FileKeysTest, a_rotation_by_files_is_followed_step_by_step) {
  keys->look();
  EXPECT_EQ(in_force(), cat(kid_of(a), ": ", kid_of(a)));
  EXPECT_EQ(counted("success"), "0");
  write_verifying({a, b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid_of(a), ": ", kid_of(a), ' ', kid_of(b)));
  write_signing(b);
  keys->look();
  EXPECT_EQ(in_force(), cat(kid_of(b), ": ", kid_of(a), ' ', kid_of(b)));
  write_verifying({b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid_of(b), ": ", kid_of(b)));
  EXPECT_EQ(counted("success"), "3");
  EXPECT_EQ(counted("failure"), "0");
}

TEST_F(FileKeysTest, bad_files_change_nothing_and_are_counted_once) {
  const auto before = in_force();
  const auto fails = [&](std::string_view expected_failures) {
    keys->look();
    keys->look();
    EXPECT_EQ(in_force(), before);
    EXPECT_EQ(counted("failure"), expected_failures);
    EXPECT_THAT(metrics.text(), HasSubstr("signet_key_files_failing 1"));
    EXPECT_THAT(metrics.text(),
                HasSubstr("signet_key_files_last_failure_timestamp_seconds 1700000000"));
  };
  signet::fixture::write_text(files.signing_key_file, "nonsense");
  fails("1");
  std::filesystem::remove(files.signing_key_file);
  fails("2");
  write_signing(a);
  signet::fixture::write_text(files.verification_key_files.front(), "");
  fails("3");
  write_verifying({a});
  keys->look();
  EXPECT_EQ(in_force(), before);
  EXPECT_THAT(metrics.text(), HasSubstr("signet_key_files_failing 0"));
}

TEST_F(FileKeysTest, files_changed_one_after_the_other_are_taken_together) {
  write_signing(b);
  testing::internal::CaptureStderr();
  keys->look();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("is in no file of --service-account-key-file"));
  EXPECT_EQ(in_force(), cat(kid_of(a), ": ", kid_of(a))) << "tokens of b would be refused";
  write_verifying({a, b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid_of(b), ": ", kid_of(a), ' ', kid_of(b)));
}

TEST_F(FileKeysTest, a_key_that_was_published_too_short_is_said) {
  const auto log_of_switch = [&] {
    write_signing(b);
    testing::internal::CaptureStderr();
    keys->look();
    return testing::internal::GetCapturedStderr();
  };
  write_verifying({a, b});
  keys->look();
  clock.advance(key_set_max_age - seconds{1});
  EXPECT_THAT(log_of_switch(), HasSubstr("a key signs that relying parties may not know yet"));
  write_signing(a);
  keys->look();
  clock.advance(seconds{1});
  EXPECT_EQ(log_of_switch(), "");
}

TEST_F(FileKeysTest, the_list_says_what_signs_and_since_when) {
  clock.advance(hours{1});
  write_verifying({a, b});
  keys->look();
  const auto listed = list();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3U);
  EXPECT_EQ(listed->at(0).state, "signing");
  EXPECT_EQ(listed->at(0).since, start);
  EXPECT_EQ(listed->at(1).kid, kid_of(a));
  EXPECT_EQ(listed->at(1).since, start);
  EXPECT_EQ(listed->at(2).kid, kid_of(b));
  EXPECT_EQ(listed->at(2).state, "verifying");
  EXPECT_EQ(listed->at(2).since, start + hours{1});
}

TEST_F(FileKeysTest, rotating_is_refused_with_how_it_is_done) {
  const auto rotated = rotate();
  ASSERT_FALSE(rotated);
  EXPECT_EQ(rotated.error().kind, ErrorKind::conflict);
  EXPECT_THAT(rotated.error().message, HasSubstr("add the new public key to a file of"));
  const auto retired = retire(kid_of(a), true);
  ASSERT_FALSE(retired);
  EXPECT_THAT(retired.error().message, HasSubstr("take the key out of the files"));
}

TEST_F(FileKeysTest, looks_by_itself) {
  keys = *FileKeys::open({.files = files}, clock, metrics);
  write_verifying({a, b});
  const auto wanted = cat(kid_of(a), ": ", kid_of(a), ' ', kid_of(b));
  while (in_force() != wanted) std::this_thread::yield();
  keys->stop();
}

}  // namespace
}  // namespace signet::identity
