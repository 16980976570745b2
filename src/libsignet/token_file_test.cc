// The file of a token under a reader that never rests.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libsignet/issuer_for_tests.h"
#include "signet/file_token_source.h"

namespace signet {
namespace {

using namespace std::chrono_literals;

std::string numbered(int number) {
  auto claims = testing_issuer::claims();
  const auto id = std::to_string(number);
  claims.id = id;
  return testing_issuer::sign(claims);
}

class TokenFile : public testing::Test {
 protected:
  ~TokenFile() override { std::filesystem::remove_all(directory); }

  static std::filesystem::path fresh_directory() {
    std::string name = testing::TempDir() + "tokenXXXXXX";
    return mkdtemp(name.data());
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(directory / name, std::ios::trunc) << text;
  }
  // As a kubelet does.
  void publish(int number, std::string_view token) const {
    const auto version = ".." + std::to_string(number);
    std::filesystem::create_directory(directory / version);
    write(version + "/token", token);
    std::filesystem::create_directory_symlink(version, directory / "..data_tmp");
    std::filesystem::rename(directory / "..data_tmp", directory / "..data");
    if (number > 0) std::filesystem::remove_all(directory / (".." + std::to_string(number - 1)));
  }
  std::string path() const { return (directory / "token").string(); }

  std::filesystem::path directory = fresh_directory();
};

TEST_F(TokenFile, readers_see_whole_tokens_while_a_volume_switches) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(numbered(i));
  const std::set<std::string> known(tokens.begin(), tokens.end());
  std::filesystem::create_symlink("..data/token", directory / "token");
  publish(0, tokens[0]);
  const auto source = FileTokenSource::open(path(), 0s);
  ASSERT_TRUE(source) << source.error();
  std::atomic<bool> wrong = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (!known.contains(source->token())) wrong = true;
      }
    });
  }
  for (int i = 1; i < 20; ++i) publish(i, tokens[static_cast<std::size_t>(i)]);
  readers.clear();
  EXPECT_FALSE(wrong);
  EXPECT_EQ(source->token(), tokens.back());
}

TEST_F(TokenFile, no_beginning_of_a_token_is_handed_out) {
  const auto first = numbered(1);
  const auto second = numbered(2);
  write("token", first);
  const auto source = FileTokenSource::open(path(), 0s);
  ASSERT_TRUE(source) << source.error();
  for (std::size_t length = 0; length < second.size(); ++length) {
    write("token", std::string_view(second).substr(0, length));
    ASSERT_EQ(source->token(), first) << length;
  }
  write("token", second + "\n\n");
  EXPECT_EQ(source->token(), first);
  write("token", second + '\n');
  EXPECT_EQ(source->token(), second);
}

TEST_F(TokenFile, keeps_the_token_while_something_else_stands_there) {
  const auto token = numbered(1);
  write("token", token);
  const auto source = FileTokenSource::open(path(), 0s);
  ASSERT_TRUE(source);
  for (const auto& text : {std::string(), std::string("\n"), std::string(100'000, 'a'),
                           token + token, ' ' + token, token + '\0'}) {
    write("token", text);
    EXPECT_EQ(source->token(), token);
    EXPECT_FALSE(FileTokenSource::open(path()));
  }
  std::filesystem::remove(directory / "token");
  EXPECT_EQ(source->token(), token);
  std::filesystem::create_directory(directory / "token");
  EXPECT_EQ(source->token(), token);
}

}  // namespace
}  // namespace signet
