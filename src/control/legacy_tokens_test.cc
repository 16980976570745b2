#include "control/legacy_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "codec/base64.h"
#include "control/control_fixture_for_tests.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::string_at;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view secrets = "/api/v1/namespaces/default/secrets";
constexpr std::string_view accounts = "/api/v1/namespaces/default/serviceaccounts";

std::string entry(const Json& secret, std::string_view key) {
  const auto* value = codec::object_at(secret, "data").if_contains(key);
  return value == nullptr ? "" : codec::base64_decode(value->as_string()).value_or("no base64");
}

class TokenSecrets : public testing::Test {
 protected:
  void start(bool automatic = false) { cluster.start_controllers("CA", automatic); }
  std::string make_account(std::string_view name, std::string_view listed = "") {
    return cluster.make(accounts,
                        cat(R"({"metadata":{"name":")", name, R"("},"secrets":[)", listed, "]}"));
  }
  void make_secret(std::string_view name, std::string_view account, std::string_view data = "",
                   std::string_view uid = "") {
    cluster.make(secrets, cat(R"({"metadata":{"name":")", name,
                              R"(","annotations":{"kubernetes.io/service-account.name":")", account,
                              uid.empty() ? "" : R"(","kubernetes.io/service-account.uid":")", uid,
                              R"("}},"type":"kubernetes.io/service-account-token","stringData":{)",
                              data, "}}"));
  }
  Json get(std::string_view collection, std::string_view name) {
    return cluster.api.get(cat(collection, '/', name)).json();
  }
  Json filled(std::string_view name) {
    Json secret;
    cluster.until(secrets, [&] {
      secret = get(secrets, name);
      return !entry(secret, "ca.crt").empty();
    });
    return secret;
  }
  std::vector<std::string> listed(std::string_view account) {
    std::vector<std::string> names;
    const auto object = get(accounts, account);
    for (const auto& item : codec::array_at(object, "secrets")) {
      names.emplace_back(string_at(item, "name"));
    }
    return names;
  }
  // The only secret that the account lists, once there is one that is not `but`.
  std::string given(std::string_view account, std::string_view but = "") {
    std::string name;
    cluster.until(accounts, [&] {
      const auto names = listed(account);
      name = names.size() == 1 && names.front() != but ? names.front() : "";
      return !name.empty();
    });
    return name;
  }

  fixture::Cluster cluster;
};

TEST_F(TokenSecrets, are_filled_for_the_account_they_name) {
  start();
  const auto uid = make_account("web");
  make_secret("web-token", "web");
  const auto secret = filled("web-token");
  EXPECT_EQ(entry(secret, "ca.crt"), "CA");
  EXPECT_EQ(entry(secret, "namespace"), "default");
  EXPECT_EQ(entry(secret, "token"),
            cat(R"(header.{"iss":"kubernetes/serviceaccount",)",
                R"("kubernetes.io/serviceaccount/namespace":"default",)",
                R"("kubernetes.io/serviceaccount/secret.name":"web-token",)",
                R"("kubernetes.io/serviceaccount/service-account.name":"web",)",
                R"("kubernetes.io/serviceaccount/service-account.uid":")", uid,
                R"(","sub":"system:serviceaccount:default:web"}.signature)"));
  const auto& annotations = codec::object_at(secret, "metadata.annotations");
  EXPECT_EQ(annotations.at("kubernetes.io/service-account.name"), "web");
  EXPECT_EQ(annotations.at("kubernetes.io/service-account.uid"), Json(uid));
  EXPECT_THAT(cluster.signer.lifetimes, ElementsAre(std::chrono::seconds::max()));
  EXPECT_THAT(listed("web"), ElementsAre());  // whoever made it by hand lists it, or not
}

TEST_F(TokenSecrets, keep_a_token_and_a_namespace_and_are_put_right_about_the_ca) {
  start();
  make_account("web");
  make_secret("own", "web", R"("token":"garbage","namespace":"elsewhere","ca.crt":"forged")");
  cluster.until(secrets, [&] { return entry(get(secrets, "own"), "ca.crt") == "CA"; });
  EXPECT_EQ(entry(get(secrets, "own"), "token"), "garbage");
  EXPECT_EQ(entry(get(secrets, "own"), "namespace"), "elsewhere");
  EXPECT_THAT(cluster.signer.lifetimes, ElementsAre());
}

TEST_F(TokenSecrets, of_nobody_or_of_another_account_of_that_name_go) {
  start();
  make_account("web");
  make_secret("nobody", "missing");
  make_secret("another", "web", "", "00000000-0000-4000-8000-000000000000");
  make_secret("good", "web");
  cluster.until_gone(secrets, "nobody");
  cluster.until_gone(secrets, "another");
  filled("good");
}

TEST_F(TokenSecrets, go_with_their_account) {
  start();
  make_account("web");
  make_account("other");
  make_secret("first", "web");
  make_secret("second", "web");
  make_secret("kept", "other");
  filled("first");
  filled("second");
  EXPECT_EQ(cluster.api.del(cat(accounts, "/web")).status, 200);
  cluster.until_gone(secrets, "first");
  cluster.until_gone(secrets, "second");
  filled("kept");
}

TEST_F(TokenSecrets, that_are_deleted_leave_the_list_of_their_account) {
  start();
  make_account("web", R"({"name":"web-token"},{"name":"pull"})");
  make_secret("web-token", "web");
  filled("web-token");
  EXPECT_EQ(cluster.api.del(cat(secrets, "/web-token")).status, 200);
  cluster.until(accounts, [&] { return listed("web").size() == 1; });
  EXPECT_THAT(listed("web"), ElementsAre("pull"));
}

TEST_F(TokenSecrets, wait_for_a_signer_that_is_away) {
  cluster.signer.away = true;
  start();
  make_account("web");
  make_secret("web-token", "web");
  make_secret("own", "web", R"("token":"there")");  // needs nobody to sign
  filled("own");
  EXPECT_EQ(entry(get(secrets, "web-token"), "ca.crt"), "");
  cluster.signer.away = false;
  EXPECT_THAT(entry(filled("web-token"), "token"), StartsWith("header."));
}

TEST_F(TokenSecrets, go_without_a_token_where_the_signer_signs_nothing_for_ever) {
  cluster.signer.lifetime_max = std::chrono::hours{1};
  start();
  make_account("web");
  make_secret("web-token", "web");
  EXPECT_EQ(entry(filled("web-token"), "token"), "");
}

TEST_F(TokenSecrets, are_settled_at_the_start_whatever_happened_before) {
  start();
  make_account("web");
  make_account("gone");
  make_secret("orphan", "gone");
  filled("orphan");
  cluster.stop_controllers();
  make_secret("unfilled", "web");
  EXPECT_EQ(cluster.api.del(cat(accounts, "/gone")).status, 200);
  start();
  filled("unfilled");
  cluster.until_gone(secrets, "orphan");
}

TEST_F(TokenSecrets, are_made_for_every_account_where_that_is_wanted) {
  start(true);
  EXPECT_THAT(given("default"), StartsWith("default-token-"));
  const auto uid = make_account("web");
  const auto name = given("web");
  EXPECT_THAT(name, testing::MatchesRegex("web-token-[bcdfghjklmnpqrstvwxz2456789]{5}"));
  const auto secret = get(secrets, name);
  EXPECT_EQ(string_at(secret, "type"), "kubernetes.io/service-account-token");
  EXPECT_THAT(entry(secret, "token"), testing::HasSubstr(uid));
  EXPECT_EQ(entry(secret, "ca.crt"), "CA");
  EXPECT_EQ(entry(secret, "namespace"), "default");
}

TEST_F(TokenSecrets, are_made_anew_when_they_or_their_mention_are_taken_away) {
  start(true);
  make_account("web");
  const auto first = given("web");
  EXPECT_EQ(cluster.api.del(cat(secrets, '/', first)).status, 200);
  const auto second = given("web", first);
  EXPECT_NE(entry(get(secrets, second), "token"), "");
  EXPECT_EQ(cluster.api.patch(cat(accounts, "/web"), "merge-patch", R"({"secrets":null})").status,
            200);
  const auto third = given("web", second);
  EXPECT_THAT(third, Not(testing::AnyOf(first, second)));
  EXPECT_EQ(cluster.api.del(cat(accounts, "/web")).status, 200);
  cluster.until_gone(secrets, second);
  cluster.until_gone(secrets, third);
}

// Runs work on the thread that commits, which waits for it.
class AtOnce final : public Executor {
 public:
  void post(std::move_only_function<void()> work) override { work(); }
};

TEST_F(TokenSecrets, that_are_deleted_before_they_are_listed_are_taken_off_the_list) {
  start(true);
  given("default");
  auto& loop = cluster.api.thread();
  std::promise<std::string> deleted;
  bool once = false;
  const auto delete_the_first = [&](const machinery::Changes& changes) {
    for (const auto& [type, object, previous] : *changes) {
      if (&object->kind() != &kinds::secret) continue;
      if (type == machinery::ChangeType::added && !std::exchange(once, true)) {
        loop.run([&] {
          spawn(cluster.api.api().remove(kinds::secret, std::string(object->key()), {}),
                [](const auto&) {});
        });
      } else if (type == machinery::ChangeType::deleted) {
        // Its maker goes on and wants it listed, and it is looked for on the list: before that is
        // committed, for nothing is while we are here.
        for (int turn = 0; turn < 3; ++turn) loop.run([] {});
        deleted.set_value(std::string(object->name()));
      }
    }
  };
  AtOnce at_once;
  const auto rival = cluster.api.view().subscribe(at_once, delete_the_first);
  make_account("web");
  const auto first = deleted.get_future().get();
  const auto second = given("web", first);
  EXPECT_NE(entry(get(secrets, second), "token"), "");
}

TEST_F(TokenSecrets, of_somebodys_own_make_another_unnecessary) {
  start();
  const auto uid = make_account("web", R"({"name":"mine"})");
  make_secret("mine", "web");
  filled("mine");
  cluster.stop_controllers();
  start(true);
  make_account("later");
  given("later");  // whoever was there at the start has been looked at
  EXPECT_THAT(listed("web"), ElementsAre("mine"));
}

}  // namespace
}  // namespace signet::control
