#include "telemetry/rotating_file.h"
#include "base/temp_directory_for_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <vector>

namespace signet::telemetry {
namespace {

using namespace std::chrono_literals;
using fixture::slurp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr Instant start{std::chrono::milliseconds{1'700'000'000'250}};  // 2023-11-14T22:13:20.250

using Lines = std::vector<std::string>;

class Rotation : public testing::Test {
 protected:
  fixture::TempDirectory directory;
  ManualClock clock{start};
  const std::string path = directory / "audit.log";

  RotatingFile open(std::uint64_t bytes_max, std::size_t backups_max = 0,
                    std::chrono::days age_max = {}) {
    auto file = RotatingFile::open(
        {.path = path, .bytes_max = bytes_max, .backups_max = backups_max, .age_max = age_max},
        clock);
    EXPECT_TRUE(file) << file.error().message;
    return *std::move(file);
  }
};

TEST_F(Rotation, lines_are_appended_to_what_is_there) {
  {
    auto file = open(100);
    EXPECT_EQ(file.append(Lines{"one\n", "two\n"}).written, 2);
  }
  auto file = open(100);
  EXPECT_EQ(file.append(Lines{"three\n"}).written, 1);
  EXPECT_EQ(slurp(path), "one\ntwo\nthree\n");
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(Rotation, a_file_that_would_grow_too_large_is_put_aside_under_the_time) {
  auto file = open(10);
  EXPECT_EQ(file.append(Lines{"12345678\n"}).written, 1);
  EXPECT_EQ(file.append(Lines{"\n"}).written, 1) << "exactly full";
  clock.advance(1500ms);
  EXPECT_EQ(file.append(Lines{"next\n"}).written, 1);
  EXPECT_THAT(directory.names(), ElementsAre("audit-2023-11-14T22-13-21.750.log", "audit.log"));
  EXPECT_EQ(slurp(directory / "audit-2023-11-14T22-13-21.750.log"), "12345678\n\n");
  EXPECT_EQ(slurp(path), "next\n");
}

TEST_F(Rotation, many_lines_at_once_fill_many_files) {
  auto file = open(10);
  EXPECT_EQ(file.append(Lines{"11111\n", "222\n", "33333\n", "44444\n"}).written, 4);
  EXPECT_THAT(directory.names(), ElementsAre("audit-2023-11-14T22-13-20.250.log",
                                             "audit-2023-11-14T22-13-20.251.log", "audit.log"))
      << "two of one instant do not overwrite each other";
  EXPECT_EQ(slurp(directory / "audit-2023-11-14T22-13-20.250.log"), "11111\n222\n");
  EXPECT_EQ(slurp(path), "44444\n");
}

TEST_F(Rotation, a_line_that_is_too_long_gets_a_file_of_its_own) {
  auto file = open(10);
  EXPECT_EQ(file.append(Lines{"a\n", "much longer than that\n", "b\n"}).written, 3);
  EXPECT_THAT(directory.names(), testing::SizeIs(3));
  EXPECT_EQ(slurp(path), "b\n");
}

TEST_F(Rotation, what_a_former_run_left_counts) {
  std::ofstream(path) << "123456789\n";
  auto file = open(10);
  EXPECT_EQ(file.append(Lines{"x\n"}).written, 1);
  EXPECT_EQ(slurp(path), "x\n");
}

TEST_F(Rotation, the_oldest_files_go_when_there_are_too_many) {
  for (const auto* name : {"audit-2023-11-10T00-00-00.000.log", "audit-2023-11-11T00-00-00.000.log",
                           "audit-2023-11-12T00-00-00.000.log", "audit-notes.log", "audit2.log",
                           "audit-2023-11-10T00-00-00.000.log.gz"}) {
    std::ofstream(directory / name) << "x";
  }
  auto file = open(2, 2);
  EXPECT_EQ(file.append(Lines{"a\n", "b\n"}).written, 2);
  EXPECT_THAT(directory.names(),
              ElementsAre("audit-2023-11-10T00-00-00.000.log.gz",
                          "audit-2023-11-12T00-00-00.000.log", "audit-2023-11-14T22-13-20.250.log",
                          "audit-notes.log", "audit.log", "audit2.log"));
}

TEST_F(Rotation, files_go_when_they_are_too_old) {
  std::ofstream(directory / "audit-2023-11-11T22-13-20.249.log") << "x";
  std::ofstream(directory / "audit-2023-11-11T22-13-20.250.log") << "x";
  auto file = open(2, 0, std::chrono::days{3});
  EXPECT_THAT(directory.names(), ElementsAre("audit-2023-11-11T22-13-20.250.log", "audit.log"));
  clock.advance(1s);
  EXPECT_EQ(file.append(Lines{"a\n", "b\n"}).written, 2);
  EXPECT_THAT(directory.names(), ElementsAre("audit-2023-11-14T22-13-21.250.log", "audit.log"));
}

TEST_F(Rotation, a_name_without_extension_has_none_afterwards) {
  auto file = RotatingFile::open({.path = directory / "audit", .bytes_max = 2}, clock);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->append(Lines{"a\n", "b\n"}).written, 2);
  EXPECT_THAT(directory.names(), ElementsAre("audit", "audit-2023-11-14T22-13-20.250"));
}

TEST_F(Rotation, directories_are_made_and_what_cannot_be_a_file_is_refused) {
  EXPECT_TRUE(RotatingFile::open({.path = directory / "a/b/audit.log"}, clock));
  const auto refused = RotatingFile::open({.path = directory / "a/b"}, clock);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, StartsWith("open /"));
  std::ofstream(path) << "x";
  EXPECT_FALSE(RotatingFile::open({.path = path + "/audit.log"}, clock));
}

TEST_F(Rotation, a_full_device_loses_lines_and_says_so) {
  auto file = RotatingFile::open({.path = "/dev/full", .bytes_max = 1}, clock);
  ASSERT_TRUE(file);
  const auto outcome = file->append(Lines{"a\n", "b\n"});
  EXPECT_EQ(outcome.written, 0);
  EXPECT_THAT(outcome.problem, HasSubstr("No space left on device"));
}

TEST_F(Rotation, a_file_that_cannot_be_put_aside_goes_on_growing) {
  const auto long_name = directory / std::string(240, 'a');  // and no room for the time
  auto file = RotatingFile::open({.path = long_name, .bytes_max = 4}, clock);
  ASSERT_TRUE(file) << file.error().message;
  const auto outcome = file->append(Lines{"abc\n", "def\n"});
  EXPECT_EQ(outcome.written, 2);
  EXPECT_THAT(outcome.problem, StartsWith("rename "));
  EXPECT_EQ(slurp(long_name), "abc\ndef\n");
}

TEST_F(Rotation, a_file_that_somebody_took_away_is_made_anew_when_it_is_full) {
  auto file = open(4);
  EXPECT_EQ(file.append(Lines{"abc\n"}).written, 1);
  ASSERT_EQ(::unlink(path.c_str()), 0);
  EXPECT_EQ(file.append(Lines{"def\n"}).written, 1);
  EXPECT_EQ(slurp(path), "def\n");
}

}  // namespace
}  // namespace signet::telemetry
