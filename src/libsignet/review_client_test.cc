// What is decided before a cluster is asked; the asking is tried by tests/library/live_test.py.
#include "signet/review_client.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace signet {
namespace {

using namespace std::chrono_literals;

class Review : public testing::Test {
 protected:
  Review() { std::ofstream(path, std::ios::trunc) << "reviewer\n"; }
  ~Review() override { std::filesystem::remove(path); }

  // Nobody listens there.
  ReviewClient client() const {
    return ReviewClient::create({.server = "https://127.0.0.1:1", .token_file = path}).value();
  }

  std::string path = testing::TempDir() + "signet_reviewer_" +
                     testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Review, needs_one_server_and_its_files) {
  EXPECT_TRUE(ReviewClient::create({.server = "https://127.0.0.1:1", .token_file = path}));
  EXPECT_FALSE(ReviewClient::create({}));
  EXPECT_FALSE(ReviewClient::create({.kubeconfig = path, .server = "https://127.0.0.1:1"}));
  EXPECT_FALSE(ReviewClient::create({.kubeconfig = path, .token_file = path}));
  EXPECT_FALSE(ReviewClient::create({.server = "http://127.0.0.1:1", .token_file = path}));
  EXPECT_FALSE(ReviewClient::create({.server = "https://127.0.0.1:1", .token_file = "/nowhere"}));
  EXPECT_FALSE(ReviewClient::create(
      {.server = "https://127.0.0.1:1", .ca_file = "/nowhere", .token_file = path}));
}

TEST_F(Review, refuses_junk_without_asking) {
  const auto asked = client();
  for (const auto& token : {std::string(), std::string(16385, 'a'), std::string("a b"),
                            std::string("a\n"), std::string("\xc3\xa9"), std::string(1, '\0')}) {
    const auto user = asked.review(token, {"vault"}, 1s);
    ASSERT_FALSE(user);
    EXPECT_EQ(user.error().kind, NoReview::refused);
  }
}

TEST_F(Review, says_no_to_nobody_when_the_cluster_is_away) {
  const auto asked = client();
  for (const auto patience : {-1ms, 0ms, 1000ms}) {
    const auto user = asked.review("a.b.c", {"vault"}, patience);
    ASSERT_FALSE(user);
    EXPECT_EQ(user.error().kind, NoReview::unavailable);
    EXPECT_GE(user.error().retry_after, 1s);
  }
}

}  // namespace
}  // namespace signet
