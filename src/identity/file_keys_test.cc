#include "identity/file_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temp_directory_for_tests.h"
#include "identity/discovery_documents.h"
#include "machinery/api_fixture_for_tests.h"

namespace signet::identity {
namespace {

using machinery::fixture::LoopThread;
using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr UnixTime start{seconds{1'700'000'000}};

Task<Result<KeyList>> wait_for(Callback<Result<KeyList>> answer) {
  co_return co_await answer;
}

class FileKeysTest : public testing::Test {
 protected:
  FileKeysTest() {
    write_signing(a);
    write_verifying({a});
    auto opened = FileKeys::open({.files = files, .follow = false}, clock, metrics);
    EXPECT_TRUE(opened);
    keys = *std::move(opened);
  }

  static crypto::PrivateKey make() { return *crypto::PrivateKey::generate(crypto::NewKey::p256); }
  static std::string kid(const crypto::PrivateKey& key) { return jose::key_id(key.public_key()); }
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

  const crypto::PrivateKey a = make();
  const crypto::PrivateKey b = make();
  signet::fixture::TempDirectory root;
  KeyFiles files{.signing_key_file = root / "sign.pem",
                 .verification_key_files = {root / "verify.pem"}};
  ManualClock clock{start};
  telemetry::Registry metrics;
  LoopThread thread;
  std::unique_ptr<FileKeys> keys;
};

TEST_F(FileKeysTest, a_rotation_by_files_is_followed_step_by_step) {
  keys->look();
  EXPECT_EQ(in_force(), cat(kid(a), ": ", kid(a)));
  EXPECT_EQ(counted("success"), "0");
  write_verifying({a, b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid(a), ": ", kid(a), ' ', kid(b)));
  write_signing(b);
  keys->look();
  EXPECT_EQ(in_force(), cat(kid(b), ": ", kid(a), ' ', kid(b)));
  write_verifying({b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid(b), ": ", kid(b)));
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
  EXPECT_EQ(in_force(), cat(kid(a), ": ", kid(a))) << "tokens of b would be refused";
  write_verifying({a, b});
  keys->look();
  EXPECT_EQ(in_force(), cat(kid(b), ": ", kid(a), ' ', kid(b)));
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
  const auto list = thread.await([&] { return wait_for(keys->list(thread.loop())); });
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ(list->at(0).state, "signing");
  EXPECT_EQ(list->at(0).since, start);
  EXPECT_EQ(list->at(1).kid, kid(a));
  EXPECT_EQ(list->at(1).since, start);
  EXPECT_EQ(list->at(2).kid, kid(b));
  EXPECT_EQ(list->at(2).state, "verifying");
  EXPECT_EQ(list->at(2).since, start + hours{1});
}

TEST_F(FileKeysTest, rotating_is_refused_with_how_it_is_done) {
  const auto rotated = thread.await([&] { return wait_for(keys->rotate({}, thread.loop())); });
  ASSERT_FALSE(rotated);
  EXPECT_EQ(rotated.error().kind, ErrorKind::conflict);
  EXPECT_THAT(rotated.error().message, HasSubstr("add the new public key to a file of"));
  const auto retired =
      thread.await([&] { return wait_for(keys->retire(kid(a), true, thread.loop())); });
  ASSERT_FALSE(retired);
  EXPECT_THAT(retired.error().message, HasSubstr("take the key out of the files"));
}

TEST_F(FileKeysTest, looks_by_itself) {
  keys = *FileKeys::open({.files = files}, clock, metrics);
  write_verifying({a, b});
  const auto wanted = cat(kid(a), ": ", kid(a), ' ', kid(b));
  while (in_force() != wanted) std::this_thread::yield();
  keys->stop();
}

}  // namespace
}  // namespace signet::identity
