#include "node/atomic_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "base/cat.h"
#include "base/temp_directory_for_tests.h"
#include "node/files.h"

namespace signet::node {
namespace {

using fixture::slurp;
using fixture::TempDirectory;

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using Outcome = AtomicWriter::Outcome;

Payload payload(std::initializer_list<std::pair<std::string, std::string>> files) {
  Payload out;
  for (const auto& [path, bytes] : files) out[path] = {.bytes = Secret(bytes)};
  return out;
}

class AtomicWriterTest : public testing::Test {
 protected:
  Result<Outcome> write(const Payload& files) { return writer_.write(files, {}); }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      out.push_back(entry.path().filename());
    }
    std::ranges::sort(out);
    return out;
  }
  std::string generation() const { return fs::read_symlink(directory_ / "..data").string(); }
  static struct stat stat_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status;
  }
  static ino_t link_inode(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_ino;
  }

  TempDirectory directory_;
  ManualClock clock_{Instant(std::chrono::seconds{1795461505})};  // 2026-11-23T19:18:25Z
  SeededRandom random_{1};
  AtomicWriter writer_{directory_.path(), clock_, random_};
};

TEST_F(AtomicWriterTest, first_write_makes_the_tree) {
  ASSERT_EQ(write(payload({{"token", "t1"}, {"ca.crt", "ca"}})), Outcome::written);
  EXPECT_EQ(fs::read_symlink(directory_ / "token"), "..data/token");
  EXPECT_EQ(slurp(directory_ / "token"), "t1");
  EXPECT_EQ(slurp(directory_ / "ca.crt"), "ca");
  EXPECT_THAT(generation(), testing::MatchesRegex(R"(\.\.2026_11_23_[0-9_]+\.[0-9]+)"));
  EXPECT_THAT(names(), ElementsAre(generation(), "..data", "ca.crt", "token"));
}

TEST_F(AtomicWriterTest, equal_payload_makes_no_new_generation) {
  ASSERT_TRUE(write(payload({{"token", "t1"}})));
  const auto before = generation();
  EXPECT_EQ(write(payload({{"token", "t1"}})), Outcome::unchanged);
  EXPECT_EQ(generation(), before);
}

TEST_F(AtomicWriterTest, changed_token_replaces_the_generation_and_keeps_links) {
  ASSERT_TRUE(write(payload({{"token", "t1"}, {"ca.crt", "ca"}})));
  const auto before = generation();
  const auto inode = link_inode(directory_ / "token");
  EXPECT_EQ(write(payload({{"token", "t2"}, {"ca.crt", "ca"}})), Outcome::written);
  EXPECT_NE(generation(), before);
  EXPECT_TRUE(fs::exists(directory_ / before));
  EXPECT_TRUE(writer_.sweep());
  EXPECT_FALSE(fs::exists(directory_ / before));
  EXPECT_EQ(link_inode(directory_ / "token"), inode);
  EXPECT_EQ(slurp(directory_ / "token"), "t2");
}

TEST_F(AtomicWriterTest, prefix_of_the_old_bytes_is_a_change) {
  ASSERT_TRUE(write(payload({{"token", "t123"}})));
  EXPECT_EQ(write(payload({{"token", "t12"}})), Outcome::written);
  EXPECT_EQ(write(payload({{"token", "t123"}})), Outcome::written);
}

TEST_F(AtomicWriterTest, removed_key_loses_its_link) {
  ASSERT_TRUE(write(payload({{"a", "1"}, {"b/c", "2"}})));
  ASSERT_EQ(write(payload({{"a", "1"}})), Outcome::written);
  ASSERT_TRUE(writer_.sweep());
  EXPECT_THAT(names(), ElementsAre(generation(), "..data", "a"));
}

TEST_F(AtomicWriterTest, deleted_link_is_restored_with_an_equal_payload) {
  ASSERT_TRUE(write(payload({{"token", "t1"}})));
  fs::remove(directory_ / "token");
  EXPECT_EQ(write(payload({{"token", "t1"}})), Outcome::unchanged);
  EXPECT_EQ(slurp(directory_ / "token"), "t1");
}

TEST_F(AtomicWriterTest, left_over_next_link_is_no_obstacle) {
  ASSERT_TRUE(write(payload({{"token", "t1"}})));
  fs::create_symlink("..nowhere", directory_ / "..data_tmp");
  EXPECT_EQ(write(payload({{"token", "t2"}})), Outcome::written);
  EXPECT_EQ(slurp(directory_ / "token"), "t2");
  EXPECT_FALSE(fs::exists(fs::symlink_status(directory_ / "..data_tmp")));
}

TEST_F(AtomicWriterTest, left_over_generation_is_swept) {
  fs::create_directories(directory_ / "..2020_01_01_00_00_00.1/a");
  ASSERT_TRUE(write(payload({{"token", "t1"}})));
  ASSERT_TRUE(writer_.sweep());
  EXPECT_EQ(slurp(directory_ / "token"), "t1");
  EXPECT_FALSE(fs::exists(directory_ / "..2020_01_01_00_00_00.1"));
}

TEST_F(AtomicWriterTest, deep_path_shows_its_first_element) {
  ASSERT_TRUE(write(payload({{"a/b/c", "deep"}, {"a/d", "side"}})));
  EXPECT_EQ(fs::read_symlink(directory_ / "a"), "..data/a");
  EXPECT_EQ(slurp(directory_ / "a/b/c"), "deep");
  EXPECT_EQ(write(payload({{"a/b/c", "deep"}, {"a/d", "side"}})), Outcome::unchanged);
}

TEST_F(AtomicWriterTest, modes_do_not_depend_on_the_umask) {
  const auto old = ::umask(077);
  auto files = payload({{"token", "t"}, {"x/y", "z"}});
  files["token"].mode = 0644;
  files["x/y"].mode = 0440;
  const auto outcome = write(files);
  ::umask(old);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(stat_of(directory_ / "token").st_mode & 07777U, 0644U);
  EXPECT_EQ(stat_of(directory_ / "x/y").st_mode & 07777U, 0440U);
  EXPECT_EQ(stat_of(directory_ / "x").st_mode & 07777U, 0755U);
  EXPECT_EQ(stat_of(directory_ / "..data").st_mode & 07777U, 0755U);
}

TEST_F(AtomicWriterTest, bent_data_link_is_replaced_and_nothing_behind_it_deleted) {
  const TempDirectory other;
  std::ofstream(other / "precious") << "x";
  fs::create_symlink(other.path(), directory_ / "..data");
  ASSERT_EQ(write(payload({{"token", "t"}})), Outcome::written);
  EXPECT_TRUE(fs::exists(other / "precious"));
  EXPECT_EQ(slurp(directory_ / "token"), "t");
}

TEST_F(AtomicWriterTest, failed_hook_leaves_the_old_files) {
  ASSERT_TRUE(write(payload({{"token", "t1"}})));
  const auto before = names();
  const auto outcome = writer_.write(payload({{"token", "t2"}}), []() -> Result<void> {
    return fail(ErrorKind::forbidden, "chown");
  });
  ASSERT_FALSE(outcome);
  EXPECT_EQ(names(), before);
  EXPECT_EQ(slurp(directory_ / "token"), "t1");
}

TEST_F(AtomicWriterTest, failed_write_leaves_the_old_files_whole) {
  ASSERT_TRUE(write(payload({{"token", "old"}})));
  const auto before = names();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 4096, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto outcome = write(payload({{"token", std::string(8192, 'n')}}));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(names(), before);
  EXPECT_EQ(slurp(directory_ / "token"), "old");
}

TEST_F(AtomicWriterTest, reader_never_sees_a_gap_or_a_mix) {
  constexpr int rotations = 1000;
  const auto token = [](int n) { return std::string(3000, static_cast<char>('a' + n % 26)); };
  ASSERT_TRUE(write(payload({{"token", token(0)}, {"other", "x"}})));
  std::atomic<bool> done = false;
  std::atomic<int> reads = 0;
  std::atomic<bool> failed = false;
  std::string problem;
  std::thread reader([&] {
    while (!done && !failed) {
      const Fd fd(::open((directory_ / "token").c_str(), O_RDONLY | O_CLOEXEC));
      std::string bytes(4000, '\0');
      const auto got = fd ? ::read(fd.get(), bytes.data(), bytes.size()) : -1;
      if (got != 3000) {
        problem = cat("read ", got, " errno ", errno);
      } else if (bytes.find_first_not_of(bytes[0]) != 3000) {
        problem = "mixed bytes";
      }
      failed = !problem.empty();
      ++reads;
    }
  });
  for (int n = 1; n <= rotations; ++n) {
    EXPECT_EQ(write(payload({{"token", token(n)}, {"other", "x"}})), Outcome::written);
    if (n % 50 != 0) continue;
    // Whoever began to open the file before the switch is through with it after two reads.
    const int seen = reads;
    while (reads < seen + 2 && !failed) std::this_thread::yield();
    EXPECT_TRUE(writer_.sweep());
  }
  done = true;
  reader.join();
  EXPECT_EQ(problem, "");
}

struct PathCase {
  const char* name;
  std::string path;
  std::string expected;  // cleaned, or the error
};

class PayloadPath : public testing::TestWithParam<PathCase> {};

TEST_P(PayloadPath, is_cleaned_or_refused) {
  const auto& row = GetParam();
  const auto cleaned = clean_payload_path(row.path);
  EXPECT_EQ(cleaned ? *cleaned : cleaned.error().message, row.expected);
}

const std::string long_name(256, 'n');
std::string path_of_bytes(std::size_t bytes) {
  std::string path;
  while (path.size() < bytes) path += "abc/";
  path.resize(bytes);
  path.back() = 'x';
  return path;
}

INSTANTIATE_TEST_SUITE_P(
    , PayloadPath,
    testing::Values(
        PathCase{"plain", "token", "token"}, PathCase{"double_slash", "a//b", "a/b"},
        PathCase{"dot_first", "./a", "a"}, PathCase{"dots_in_name", "a..b", "a..b"},
        PathCase{"trailing_slash", "a/", "a"},
        PathCase{"empty", "", "invalid path: must not be empty: \"\""},
        PathCase{"absolute", "/x", "invalid path: must be relative path: /x"},
        PathCase{"dotdot_middle", "a/../b", "invalid path: must not contain '..': a/../b"},
        PathCase{"dotdot_first", "../x", "invalid path: must not contain '..': ../x"},
        PathCase{"dotdot_only", "..", "invalid path: must not contain '..': .."},
        PathCase{"reserved", "..x", "invalid path: must not start with '..': ..x"},
        PathCase{"reserved_hidden", "./..x", "invalid path: must not start with '..': ./..x"},
        PathCase{"dot_only", ".", "invalid path: must name a file: ."},
        PathCase{"longest_name", long_name.substr(1), long_name.substr(1)},
        PathCase{"too_long_name", long_name,
                 "invalid path: filenames must be less than or equal to 255 characters"},
        PathCase{"longest_path", path_of_bytes(4096), path_of_bytes(4096)},
        PathCase{"too_long_path", path_of_bytes(4097),
                 "invalid path: must be less than or equal to 4096 characters"},
        PathCase{"nul", std::string("a\0b", 3), "invalid path: must not contain a NUL byte"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(AtomicWriterTest, bad_path_touches_nothing) {
  const auto outcome = write(payload({{"good", "x"}, {"../x", "y"}}));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("must not contain '..': ../x"));
  EXPECT_TRUE(names().empty());
}

TEST(RemoveTree, deletes_links_but_not_what_they_name) {
  const TempDirectory directory;
  const TempDirectory other;
  std::ofstream(other / "precious") << "x";
  fs::create_directories(directory / "victim/sub");
  fs::create_directory_symlink(other.path(), directory / "victim/sub/link");
  fs::create_directory_symlink(other.path(), directory / "top");
  EXPECT_TRUE(remove_tree(AT_FDCWD, directory / "victim"));
  EXPECT_TRUE(remove_tree(AT_FDCWD, directory / "top"));
  EXPECT_FALSE(fs::exists(directory / "victim"));
  EXPECT_TRUE(fs::exists(other / "precious"));
  EXPECT_TRUE(remove_tree(AT_FDCWD, directory / "victim"));
}

TEST(RemoveTree, depth_costs_no_descriptors) {
  const TempDirectory directory;
  ASSERT_EQ(::mkdir((directory / "deep").c_str(), 0755), 0);
  Fd at(::open((directory / "deep").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  constexpr int depth_max = 200;
  for (int depth = 0; depth < depth_max; ++depth) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0755), 0);
    ASSERT_EQ(::mkdirat(at.get(), "e", 0755), 0);
    at = Fd(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few{.rlim_cur = depth_max / 2, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto removed = remove_tree(AT_FDCWD, directory / "deep");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(removed);
  EXPECT_FALSE(fs::exists(directory / "deep"));
}

}  // namespace
}  // namespace signet::node
