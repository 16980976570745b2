// Pods of an account whose token comes in a secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"
#include "access/service_account_admission.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using testing::MatchesRegex;

class SecretTokenAdmission : public testing::Test {
 protected:
  Cluster cluster{PodToken::from_secret};

  // Lists `secret`, which holds its token unless it is said to be of another uid or type.
  void make_account(std::string_view name, std::string_view secret, std::string uid = "",
                    std::string_view type = "kubernetes.io/service-account-token") {
    auto own = cluster.make_account(name, cat(R"(,"secrets":[{"name":")", secret, "\"}]"));
    if (uid.empty()) uid = std::move(own);
    cluster.make(
        "/api/v1/namespaces/default/secrets",
        cat(R"({"metadata":{"name":")", secret,
            R"(","annotations":{"kubernetes.io/service-account.name":")", name,
            R"(","kubernetes.io/service-account.uid":")", uid, R"("}},"type":")", type, "\"}"));
  }
  static std::string volumes(const fixture::Reply& pod) { return pod.at("spec.volumes"); }
};

TEST_F(SecretTokenAdmission, mounts_the_secret_that_the_account_lists) {
  make_account("web", "web-token-x2x2x");
  const auto pod = cluster.pod("p", R"(,"serviceAccountName":"web")");
  EXPECT_EQ(
      volumes(pod),
      R"([{"name":"web-token-x2x2x","secret":{"secretName":"web-token-x2x2x","defaultMode":420}}])");
  const auto object = pod.json();
  EXPECT_EQ(
      codec::to_json(*codec::find(codec::array_at(object, "spec.containers")[0], "volumeMounts")),
      R"([{"name":"web-token-x2x2x","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}])");
}

TEST_F(SecretTokenAdmission, uses_a_volume_that_has_the_secret_already) {
  make_account("web", "token");
  const auto pod = cluster.pod(
      "p",
      R"(,"serviceAccountName":"web","volumes":[{"name":"v","secret":{"secretName":"token"}}])");
  const auto object = pod.json();
  EXPECT_EQ(codec::array_at(object, "spec.volumes").size(), 1U);
  EXPECT_EQ(codec::string_at(
                codec::array_at(codec::array_at(object, "spec.containers")[0], "volumeMounts")[0],
                "name"),
            "v");
}

TEST_F(SecretTokenAdmission, takes_another_name_where_that_of_the_secret_is_taken) {
  make_account("web", "token");
  const auto pod =
      cluster.pod("p", R"(,"serviceAccountName":"web","volumes":[{"name":"token","emptyDir":{}}])");
  EXPECT_THAT(volumes(pod),
              MatchesRegex(R"(\[\{"name":"token","emptyDir":\{\}\},\{"name":"token-[a-z0-9]{5}",)"
                           R"("secret":\{"secretName":"token","defaultMode":420\}\}\])"));
}

TEST_F(SecretTokenAdmission, is_left_out_where_nobody_wants_a_token) {
  make_account("web", "token");
  EXPECT_EQ(volumes(cluster.pod(
                "p", R"(,"serviceAccountName":"web","automountServiceAccountToken":false)")),
            "(none)");
}

TEST_F(SecretTokenAdmission, asks_to_come_again_while_there_is_no_token) {
  cluster.make_account("none");
  make_account("another", "of-another", "00000000-0000-4000-8000-000000000000");
  make_account("opaque", "opaque", "", "Opaque");
  for (const auto* name : {"none", "another", "opaque"}) {
    const auto refused = cluster.pod("p", cat(R"(,"serviceAccountName":")", name, '"'));
    EXPECT_EQ(refused.status, 500) << refused.body;
    EXPECT_EQ(refused.at("reason"), "ServerTimeout");
    EXPECT_EQ(refused.at("message"),
              cat("No API token found for service account \"", name,
                  "\", retry after the token is automatically created and added to the service "
                  "account"));
    EXPECT_EQ(refused.at("details"),
              R"({"name":"create pod","kind":"serviceaccounts","retryAfterSeconds":1})");
  }
}

}  // namespace
}  // namespace signet::access
