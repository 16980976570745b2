#include "access/bootstrap_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"
#include "codec/base64.h"
#include "codec/rfc3339.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using testing::ElementsAre;

constexpr std::string_view id = "07401b";
constexpr std::string_view good = "07401b.f395accd246ae52d";

using Data = std::map<std::string, std::string>;

class BootstrapTokenLogin : public testing::Test {
 protected:
  BootstrapTokenLogin() {
    cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"kube-system"}})");
  }

  static Data data(Data more = {}) {
    Data all{{"token-id", "07401b"},
             {"token-secret", "f395accd246ae52d"},
             {"usage-bootstrap-authentication", "true"}};
    for (auto& [key, value] : more) all.insert_or_assign(key, value);
    return all;
  }
  void put(const Data& members, std::string_view type = "bootstrap.kubernetes.io/token") {
    std::string json;
    for (const auto& [key, value] : members) {
      append(json, json.empty() ? "" : ",", '"', key, "\":\"", codec::base64_encode(value), '"');
    }
    const auto path = cat("/api/v1/namespaces/kube-system/secrets");
    cluster.api.del(cat(path, "/bootstrap-token-", id));
    const auto made =
        cluster.api.post(path, cat(R"({"metadata":{"name":"bootstrap-token-)", id, R"("},"type":")",
                                   type, R"(","data":{)", json, "}}"));
    ASSERT_EQ(made.status, 201) << made.body;
  }
  // The user's name and groups, "no", or the reason.
  std::string login(std::string_view token = good, std::string audience = "api") {
    const std::vector<std::string> audiences{std::move(audience)};
    const auto verdict = tokens.authenticate(token, audiences, *cluster.api.view().current(), {});
    if (const auto* refused = std::get_if<Refused>(&verdict)) return refused->reason;
    const auto* reviewed = std::get_if<identity::Reviewed>(&verdict);
    if (reviewed == nullptr) return "no";
    std::string text = reviewed->user.username;
    for (const auto& group : reviewed->user.groups) append(text, ' ', group);
    return text;
  }
  std::string login_with(Data more) {
    put(data(std::move(more)));
    return login();
  }

  Cluster cluster;
  BootstrapTokens tokens{cluster.api.clock(), {"api"}};
};

TEST_F(BootstrapTokenLogin, is_a_user_of_the_tokens_id_and_its_groups) {
  put(data());
  EXPECT_EQ(login(), "system:bootstrap:07401b system:bootstrappers");
  put(data({{"auth-extra-groups", "system:bootstrappers:worker,system:bootstrappers:a:b-c"}}));
  EXPECT_EQ(login(),
            "system:bootstrap:07401b system:bootstrappers system:bootstrappers:a:b-c "
            "system:bootstrappers:worker");
  EXPECT_EQ(login(good, "vault"), "no") << "for this server only";
}

TEST_F(BootstrapTokenLogin, needs_every_character_of_the_token) {
  put(data());
  for (const auto* token :
       {"", ".", "07401b", "07401b.f395accd246ae52", "07401b.f395accd246ae52dx",
        "07401b.f395accd246ae52e", "07401B.f395accd246ae52d", "07401b.F395accd246ae52d",
        "07401c.f395accd246ae52d", "../40b.f395accd246ae52d", "07401b-f395accd246ae52d"}) {
    EXPECT_EQ(login(token), "no") << token;
  }
  EXPECT_EQ(login(std::string("07401b.f395accd246ae52") + '\0'), "no");
}

TEST_F(BootstrapTokenLogin, needs_a_secret_that_says_so) {
  EXPECT_EQ(login(), "no") << "no secret";
  put(data(), "Opaque");
  EXPECT_EQ(login(), "no");
  EXPECT_EQ(login_with({{"token-id", "07401c"}}), "no");
  EXPECT_EQ(login_with({{"token-secret", ""}}), "no");
  EXPECT_EQ(login_with({{"usage-bootstrap-authentication", "True"}}), "no");
  EXPECT_EQ(login_with({{"usage-bootstrap-authentication", ""}}), "no");
  for (const auto* groups :
       {"system:masters", "system:bootstrappers", "system:bootstrappers:", "system:bootstrappers:A",
        "system:bootstrappers:a,", ",system:bootstrappers:a", "system:bootstrappers:a-",
        "system:bootstrappers:a,system:masters"}) {
    EXPECT_EQ(login_with({{"auth-extra-groups", groups}}), "no") << groups;
  }
}

TEST_F(BootstrapTokenLogin, ends_with_its_time_and_with_its_secret) {
  const auto now = whole_seconds(cluster.api.clock().now());
  EXPECT_EQ(login_with({{"expiration", codec::to_rfc3339(now + std::chrono::seconds(60))}}),
            "system:bootstrap:07401b system:bootstrappers");
  cluster.api.clock().advance(std::chrono::seconds(59));
  EXPECT_NE(login(), "no");
  cluster.api.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(login(), "no");
  EXPECT_EQ(login_with({{"expiration", "tomorrow"}}), "no");
  put(data());
  EXPECT_NE(login(), "no");
  cluster.api.del("/api/v1/namespaces/kube-system/secrets/bootstrap-token-07401b");
  EXPECT_EQ(login(), "no");
}

}  // namespace
}  // namespace signet::access
