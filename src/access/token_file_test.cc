#include "access/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "base/files.h"
#include "kinds/kinds.h"

namespace signet::access {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class TokenFiles : public testing::Test {
 protected:
  ~TokenFiles() override { std::remove(path.c_str()); }

  Result<TokenFile> load(std::string_view text) {
    EXPECT_TRUE(write_file_durably(path, text, 0600));
    return TokenFile::load(path, random);
  }
  std::string problem(std::string_view text) {
    const auto file = load(text);
    return file ? "(none)" : file.error().message;
  }

  const std::string path = testing::TempDir() + "/tokens-" + std::to_string(::getpid());
  SeededRandom random{1};
};

TEST_F(TokenFiles, name_a_user_a_uid_and_groups) {
  const auto file = load("t1,alice,u1,\"dev,ops\",more\nt2,bob,u2\n\nt3,eve,,dev\n");
  ASSERT_TRUE(file) << file.error().message;
  const auto* alice = file->find("t1");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->username, "alice");
  EXPECT_EQ(alice->uid, "u1");
  EXPECT_THAT(alice->groups, ElementsAre("dev", "ops"));
  EXPECT_THAT(file->find("t2")->groups, IsEmpty());
  EXPECT_THAT(file->find("t3")->groups, ElementsAre("dev"));
  for (const auto* other : {"", "t", "t1 ", "T1", "alice"}) {
    EXPECT_EQ(file->find(other), nullptr) << other;
  }
}

TEST_F(TokenFiles, pass_over_an_empty_token_and_take_the_last_of_two) {
  const auto file = load(",nobody,u0\nt,alice,u1\nt,bob,u2\n");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->find(""), nullptr);
  EXPECT_EQ(file->find("t")->username, "bob");
}

TEST_F(TokenFiles, are_refused_with_their_name_and_without_their_tokens) {
  EXPECT_EQ(problem("s3cret,alice\n"),
            "token file '" + path +
                "' must have at least 3 columns (token, user name, user uid), found 2");
  const auto quote = problem("s3cret,al\"ice,u1\n");
  EXPECT_THAT(quote, HasSubstr("parse error on line 1, column 10: bare"));
  EXPECT_THAT(quote, Not(HasSubstr("s3cret")));
  EXPECT_THAT(TokenFile::load(path + "-none", random).error().message, HasSubstr("-none"));
}

TEST_F(TokenFiles, are_good_for_the_audiences_of_the_server_and_no_other) {
  const auto file = load("t,alice,u1");
  ASSERT_TRUE(file);
  StaticTokens tokens(*file, {"api", "api2"});
  const machinery::Registry registry(kinds::all());
  const machinery::Snapshot snapshot(registry);
  const auto ask = [&](std::string_view token, std::vector<std::string> audiences) {
    return tokens.authenticate(token, audiences, snapshot, {});
  };
  const auto good = ask("t", {"vault", "api2"});
  ASSERT_TRUE(std::holds_alternative<identity::Reviewed>(good));
  EXPECT_THAT(std::get<identity::Reviewed>(good).audiences, ElementsAre("api2"));
  EXPECT_TRUE(std::holds_alternative<NotMine>(ask("t", {"vault"})));
  EXPECT_TRUE(std::holds_alternative<NotMine>(ask("u", {"api"})));
}

}  // namespace
}  // namespace signet::access
