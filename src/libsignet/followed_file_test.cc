#include "libsignet/followed_file.h"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace signet {
namespace {

using namespace std::chrono_literals;

class Followed : public testing::Test {
 protected:
  ~Followed() override { std::filesystem::remove_all(directory); }

  static std::filesystem::path fresh_directory() {
    std::string name = testing::TempDir() + "followedXXXXXX";
    return mkdtemp(name.data());
  }
  void write(const std::string& name, std::string_view text) const {
    const auto path = directory / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::trunc) << text;
  }
  // As a kubelet does: a link made beside ..data and renamed over it.
  void switch_to(const std::string& version) const {
    std::filesystem::create_directory_symlink(version, directory / "..data_tmp");
    std::filesystem::rename(directory / "..data_tmp", directory / "..data");
  }
  static Result<std::string> parse(std::string bytes) {
    if (bytes == "bad") return fail(ErrorKind::invalid, "is bad");
    return bytes;
  }

  std::filesystem::path directory = fresh_directory();
  ManualClock clock{Instant(1700000000s)};
  FollowedFile<std::string> file{(directory / "token").string(), 100, 10s, parse, clock};
};

TEST_F(Followed, follows_the_link_of_a_kubelet) {
  write("..1/token", "one");
  write("..2/token", "two");
  switch_to("..1");
  std::filesystem::create_symlink("..data/token", directory / "token");
  ASSERT_TRUE(file.load());
  EXPECT_EQ(*file.current(), "one");
  switch_to("..2");
  std::filesystem::remove_all(directory / "..1");
  clock.advance(9s);
  EXPECT_EQ(*file.current(), "one");
  clock.advance(1s);
  EXPECT_EQ(*file.current(), "two");
}

TEST_F(Followed, keeps_the_last_good_value) {
  write("token", "good");
  ASSERT_TRUE(file.load());
  write("token", "bad");
  clock.advance(10s);
  EXPECT_EQ(*file.current(), "good");
  write("token", std::string(101, 'x'));
  clock.advance(10s);
  EXPECT_EQ(*file.current(), "good");
  std::filesystem::remove(directory / "token");
  clock.advance(10s);
  EXPECT_EQ(*file.current(), "good");
  write("token", "better");
  clock.advance(10s);
  EXPECT_EQ(*file.current(), "better");
}

TEST_F(Followed, reads_again_when_the_clock_went_back) {
  write("token", "one");
  ASSERT_TRUE(file.load());
  write("token", "two");
  clock.advance(-1h);
  EXPECT_EQ(*file.current(), "two");
}

TEST_F(Followed, says_why_there_is_nothing) {
  EXPECT_EQ(file.load().error().kind, ErrorKind::not_found);
  write("token", "bad");
  const auto loaded = file.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, (directory / "token").string() + ": is bad");
}

}  // namespace
}  // namespace signet
