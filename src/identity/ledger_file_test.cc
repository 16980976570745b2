#include "identity/ledger_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "telemetry/temp_directory_for_tests.h"

namespace signet::identity {
namespace {

using std::chrono::seconds;
using telemetry::fixture::slurp;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr UnixTime t0{seconds{1'700'000'000}};

class FileOfLedger : public testing::Test {
 protected:
  std::string path() const { return directory_ / "token-report.json"; }
  static void see(MigrationLedger& ledger, std::string_view account) {
    ledger.record({.finding = Finding::legacy_token,
                   .ns = "shop",
                   .account = account,
                   .address = "10.0.0.7:1",
                   .reviewer = {},
                   .wanted = {},
                   .object = "secret/s"},
                  t0);
  }
  // A process that begins at `start`.
  struct Life {
    Life(const std::string& path, UnixTime start, bool follow = false)
        : clock(start),
          ledger({}, start, metrics),
          file({.path = path, .interval = std::chrono::milliseconds{1}, .follow = follow}, ledger,
               clock) {}
    ManualClock clock;
    telemetry::Registry metrics;
    MigrationLedger ledger;
    LedgerFile file;
  };

 private:
  telemetry::fixture::TempDirectory directory_;
};

TEST_F(FileOfLedger, carries_since_when_over_a_restart) {
  LedgerContents before;
  {
    Life first(path(), t0);
    see(first.ledger, "web");
    before = first.ledger.contents(t0);
  }
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  Life second(path(), t0 + seconds{1000});
  EXPECT_EQ(second.ledger.contents(t0), before);
  EXPECT_EQ(second.ledger.contents(t0).since, t0);
}

TEST_F(FileOfLedger, is_there_even_if_nothing_was_seen) {
  {
    Life first(path(), t0);
  }
  Life second(path(), t0 + seconds{1000});
  EXPECT_EQ(second.ledger.contents(t0).since, t0);
}

TEST_F(FileOfLedger, is_written_only_after_a_change) {
  Life life(path(), t0);
  life.file.save();
  std::filesystem::remove(path());
  life.file.save();
  EXPECT_FALSE(std::filesystem::exists(path()));
  see(life.ledger, "web");
  life.file.save();
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(FileOfLedger, is_written_at_intervals_by_itself) {
  Life life(path(), t0, true);
  see(life.ledger, "web");
  while (!slurp(path()).contains("\"web\"")) std::this_thread::yield();
  see(life.ledger, "db");
  while (!slurp(path()).contains("\"db\"")) std::this_thread::yield();
}

TEST_F(FileOfLedger, that_is_damaged_is_put_aside_and_said) {
  std::ofstream(path()) << R"({"kind":"TokenReport","version":1,"since":)";
  testing::internal::CaptureStderr();
  {
    Life life(path(), t0);
    EXPECT_THAT(life.ledger.contents(t0).entries, IsEmpty());
    see(life.ledger, "web");
  }
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the token report cannot be read and begins anew"));
  EXPECT_EQ(slurp(path() + ".damaged"), R"({"kind":"TokenReport","version":1,"since":)");
  Life after(path(), t0);
  EXPECT_THAT(after.ledger.contents(t0).entries, SizeIs(1));
}

TEST_F(FileOfLedger, that_cannot_be_written_is_said_once_and_tried_again) {
  std::filesystem::create_directory(path());  // nothing can be renamed over it
  std::ofstream(path() + "/x") << "x";
  testing::internal::CaptureStderr();
  Life life(path(), t0);
  // What was there was put aside; now the same happens while it runs.
  std::filesystem::create_directory(path());
  std::ofstream(path() + "/x") << "x";
  for (const auto* account : {"a", "b", "c"}) {
    see(life.ledger, account);
    life.file.save();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string_view line = "the token report cannot be written";
  EXPECT_NE(log.find(line), std::string::npos);
  EXPECT_EQ(log.find(line), log.rfind(line));
  std::filesystem::remove_all(path());
  life.file.save();
  EXPECT_THAT(slurp(path()), HasSubstr(R"("serviceAccount":"c")"));
}

}  // namespace
}  // namespace signet::identity
