#include "party/policy_loader.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "party/party_fixture_for_tests.h"

namespace signet::party::fixture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PolicyLoaderTest : public PartyTest {
 protected:
  // A change is seen at one look and counts at the next.
  void look_twice() {
    loader_.look();
    loader_.look();
  }
  double reloads(std::string_view status) {
    return metrics_
        .counter("signet_party_policy_reloads_total",
                 "Changes of the policy files that were looked at.", {{"status", status}})
        .value();
  }
};

TEST_F(PolicyLoaderTest, follows_a_file_once_it_stands_still) {
  policy(main_issuer() + plain_route());
  const auto token = good_token();
  EXPECT_EQ(check_word(token), "allowed");
  write(main_issuer() + route("other", cat("audiences: {new: [payments]}, ", everybody)));
  loader_.look();
  EXPECT_EQ(check_word(token), "allowed");
  loader_.look();
  EXPECT_EQ(check_word(token), "forbidden");
  EXPECT_EQ(check_word(token, "other"), "allowed");
  EXPECT_EQ(loader_.status().generation, 2U);
  look_twice();
  EXPECT_EQ(loader_.status().generation, 2U);
}

TEST_F(PolicyLoaderTest, a_bad_file_changes_nothing_and_is_said) {
  policy(main_issuer() + plain_route());
  const auto token = good_token();
  const auto loaded_at = loader_.status().loaded_at;
  advance(seconds{10});
  write("apiVersion: signet.dev/v1\nkind: Isuer\n");
  look_twice();
  EXPECT_EQ(check_word(token), "allowed");
  auto status = loader_.status();
  EXPECT_EQ(status.generation, 1U);
  EXPECT_EQ(status.loaded_at, loaded_at);
  EXPECT_EQ(status.failed_at, moments_.now().wall);
  EXPECT_THAT(status.problems,
              ElementsAre(HasSubstr("policy.yaml:2: kind: must be Issuer or Route")));
  EXPECT_EQ(reloads("failure"), 1);
  look_twice();
  EXPECT_EQ(reloads("failure"), 1);
  write(main_issuer() + plain_route());
  look_twice();
  status = loader_.status();
  EXPECT_THAT(status.problems, IsEmpty());
  EXPECT_EQ(status.generation, 2U);
  EXPECT_EQ(reloads("success"), 2);
}

// K-1 48.
TEST_F(PolicyLoaderTest, a_route_for_any_audience_is_said_at_each_load) {
  log::set_level(log::Level::warn);
  const auto written = [&](const std::string& text) {
    ::testing::internal::CaptureStderr();
    policy(text);
    return ::testing::internal::GetCapturedStderr();
  };
  const auto open = main_issuer() + route("open", cat("anyAudience: true, ", everybody));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(written(open), HasSubstr("\"a route accepts tokens for any audience\""));
    EXPECT_THAT(written(open), HasSubstr("\"route\":\"open\""));
  }
  EXPECT_THAT(written(main_issuer() + plain_route()), IsEmpty());
}

TEST_F(PolicyLoaderTest, files_that_are_gone_change_nothing) {
  policy(main_issuer() + plain_route());
  std::filesystem::remove(directory_ / "policy.yaml");
  look_twice();
  EXPECT_EQ(check_word(good_token()), "allowed");
  EXPECT_THAT(loader_.status().problems,
              ElementsAre("the policy has no Issuer", "the policy has no Route"));
  write(main_issuer() + plain_route());
  look_twice();
  EXPECT_THAT(loader_.status().problems, IsEmpty());
}

// Read, it would never end, and with it nobody's look at the status.
TEST_F(PolicyLoaderTest, a_pipe_among_the_files_is_a_problem_and_not_waited_for) {
  policy(main_issuer() + plain_route());
  const auto pipe = directory_ / "pipe.yaml";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  look_twice();
  EXPECT_THAT(loader_.status().problems, ElementsAre(HasSubstr("pipe.yaml: not a file")));
  EXPECT_EQ(check_word(good_token()), "allowed");
  std::filesystem::remove(pipe);
  look_twice();
  EXPECT_THAT(loader_.status().problems, IsEmpty());
}

TEST_F(PolicyLoaderTest, reads_all_files_of_a_directory_as_one_policy) {
  write(main_issuer(), "a.yaml");
  write(plain_route(), "b.yml");
  write(R"({"apiVersion":"signet.dev/v1","kind":"Route","metadata":{"name":"j"},"spec":)"
        R"({"audiences":{"new":["payments"]},"subjects":[{"namespace":"*","name":"*"}]}})",
        "c.json");
  write("not a policy", "README.md");
  write("nor this", ".hidden.yaml");
  const auto loaded = loader_.load();
  ASSERT_TRUE(loaded) << loaded.error().front();
  EXPECT_EQ(check_word(good_token(), "r"), "allowed");
  EXPECT_EQ(check_word(good_token(), "j"), "allowed");
  std::filesystem::remove(directory_ / "c.json");
  look_twice();
  EXPECT_EQ(check_word(good_token(), "j"), "forbidden");
}

// K-1 94: whoever is removed is refused from then on, with all that was remembered.
TEST_F(PolicyLoaderTest, an_issuer_that_is_removed_is_refused_at_once) {
  const auto other = issuer(
      "b", cat("url: 'https://b.example', cluster: b, keys: {jwks: '", jwks({p256(1)}), "'}"));
  policy(main_issuer() + other + plain_route());
  const auto token = good_token();
  EXPECT_EQ(check_word(token), "allowed");
  policy(other + plain_route());
  EXPECT_EQ(check_word(token), "unknown_issuer");
  EXPECT_EQ(engine_.status(issuer_url), std::nullopt);
}

TEST_F(PolicyLoaderTest, what_did_not_change_is_kept) {
  policy(reviewed_issuer("hybrid") + plain_route());
  const auto generation = engine_.status(issuer_url)->generation;
  policy(reviewed_issuer("hybrid") + plain_route(", condition: 'true'"));
  EXPECT_EQ(engine_.status(issuer_url)->generation, generation);
  EXPECT_THAT(clusters_made_, ElementsAre("prod"));
  policy(reviewed_issuer("hybrid", ", burst: 5") + plain_route());
  EXPECT_THAT(clusters_made_, ElementsAre("prod", "prod"));
}

TEST_F(PolicyLoaderTest, tells_its_status_while_it_loads) {
  write(main_issuer() + plain_route());
  PolicyStatus seen{.generation = 7};
  PolicyLoader* asked = nullptr;
  PolicyLoader loader(directory_ / ".", {.live = live_,
                                         .engine = engine_,
                                         .moments = moments_,
                                         .metrics = party_metrics_,
                                         .make_reviews = {},
                                         .changed = [&] { seen = asked->status(); }});
  asked = &loader;
  ASSERT_TRUE(loader.load());
  EXPECT_EQ(seen.generation, 0U);
  EXPECT_EQ(loader.status().generation, 1U);
}

TEST_F(PolicyLoaderTest, a_cluster_that_cannot_be_asked_is_a_problem_and_changes_nothing) {
  policy(main_issuer() + plain_route());
  write(main_issuer() + plain_route() +
        issuer("b", "url: b, cluster: b, mode: review, review: {kubeconfig: bad}"));
  const auto loaded = loader_.load();
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error(), ElementsAre(HasSubstr("spec.review: no such kubeconfig")));
  EXPECT_EQ(loader_.status().generation, 1U);
  EXPECT_EQ(check_word(good_token()), "allowed");
}

// Readers and a policy that changes under them: run under the thread sanitizer.
TEST_F(PolicyLoaderTest, may_change_while_tokens_are_checked) {
  const auto other = issuer(
      "b", cat("url: 'https://b.example', cluster: b, keys: {jwks: '", jwks({p256(1)}), "'}"));
  const auto with = main_issuer() + other + plain_route();
  const auto without = other + plain_route();
  policy(with);
  const auto token = good_token();
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto verdict = flow_.check_now({.token = token, .route = "r"});
        // None: the keys of the moment are not those of the policy of the moment.
        if (verdict && word(*verdict) != "allowed" && word(*verdict) != "unknown_issuer") ++wrong;
      }
    });
  }
  for (int i = 0; i < 20; ++i) policy(i % 2 == 0 ? without : with);
  done = true;
  readers.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(check_word(token), "allowed");
}

}  // namespace
}  // namespace signet::party::fixture
