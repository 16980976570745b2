#include "access/impersonation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "identity/token_review.h"

namespace signet::access {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Headers = std::vector<std::pair<std::string, std::string>>;

class Impersonation : public testing::Test {
 protected:
  // The user that comes out as JSON, "(nobody)" when nobody was asked for, or the refusal.
  std::string ask(Headers headers) {
    acts.clear();
    request = {};
    request.path = "/p";
    request.headers = std::move(headers);
    auto user = impersonate(request, alice, [this](const machinery::RequestInfo& act) {
      acts.push_back(cat(act.verb, ' ', act.group, ' ', act.namespace_name, ' ', act.resource, '/',
                         act.subresource, ' ', act.name));
      return Decision{.allowed = acts.back() != denied, .reason = {}};
    });
    if (!user) {
      if (const auto* error = std::get_if<machinery::ApiError>(&user.error())) {
        return cat(error->code, ' ', error->message);
      }
      const auto& plain = std::get<PlainRefusal>(user.error());
      return cat(plain.status, ' ', plain.text);
    }
    if (!*user) return "(nobody)";
    std::string json;
    identity::append_user_json(json, **user);
    return json;
  }

  token::UserInfo alice{.username = "alice", .uid = {}, .groups = {}, .extra = {}};
  std::string denied;
  std::vector<std::string> acts;
  net::Request request;
};

TEST_F(Impersonation, without_its_headers_nobody_is_asked_for) {
  EXPECT_EQ(ask({{"accept", "*/*"}}), "(nobody)");
  EXPECT_THAT(acts, IsEmpty());
}

TEST_F(Impersonation, each_header_is_authorized_for_the_real_user) {
  EXPECT_EQ(ask({{"impersonate-uid", "u1"},
                 {"impersonate-extra-scopes", "view"},
                 {"impersonate-group", "dev"},
                 {"accept", "*/*"},
                 {"impersonate-extra-example.com%2fTeam", "red"},
                 {"impersonate-group", "ops"},
                 {"impersonate-extra-scopes", "edit"},
                 {"impersonate-user", "bob"}}),
            R"({"username":"bob","uid":"u1","groups":["dev","ops","system:authenticated"],)"
            R"("extra":{"example.com/Team":["red"],"scopes":["view","edit"]}})");
  EXPECT_THAT(acts,
              ElementsAre("impersonate   users/ bob", "impersonate   groups/ dev",
                          "impersonate   groups/ ops",
                          "impersonate authentication.k8s.io  userextras/scopes view",
                          "impersonate authentication.k8s.io  userextras/example.com/Team red",
                          "impersonate authentication.k8s.io  userextras/scopes edit",
                          "impersonate authentication.k8s.io  uids/ u1"));
  ASSERT_EQ(request.headers.size(), 1U) << "the others are gone";
  EXPECT_EQ(request.headers[0].first, "accept");
}

TEST_F(Impersonation, a_service_account_is_one_and_has_its_groups) {
  EXPECT_EQ(ask({{"impersonate-user", "system:serviceaccount:n:web"}}),
            R"({"username":"system:serviceaccount:n:web","groups":["system:serviceaccounts",)"
            R"("system:serviceaccounts:n","system:authenticated"]})");
  EXPECT_THAT(acts, ElementsAre("impersonate  n serviceaccounts/ web"));
  EXPECT_EQ(ask({{"impersonate-user", "system:serviceaccount:n:web"}, {"impersonate-group", "g"}}),
            R"({"username":"system:serviceaccount:n:web","groups":["g","system:authenticated"]})");
  EXPECT_EQ(ask({{"impersonate-user", "system:serviceaccount:N:web"}}),
            R"({"username":"system:serviceaccount:N:web","groups":["system:authenticated"]})");
  EXPECT_THAT(acts, ElementsAre("impersonate   users/ system:serviceaccount:N:web"));
}

TEST_F(Impersonation, groups_that_go_without_saying_are_added) {
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-group", "system:authenticated"}}),
            R"({"username":"bob","groups":["system:authenticated"]})");
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-group", "system:unauthenticated"}}),
            R"({"username":"bob","groups":["system:unauthenticated"]})");
  EXPECT_EQ(ask({{"impersonate-user", "system:anonymous"}}),
            R"({"username":"system:anonymous","groups":["system:unauthenticated"]})");
}

TEST_F(Impersonation, what_is_not_allowed_is_forbidden_in_kubernetes_words) {
  denied = "impersonate   users/ bob";
  EXPECT_EQ(ask({{"impersonate-user", "bob"}}),
            "403 users \"bob\" is forbidden: User \"alice\" cannot impersonate resource "
            "\"users\" in API group \"\" at the cluster scope");
  denied = "impersonate  default serviceaccounts/ default";
  EXPECT_EQ(ask({{"impersonate-user", "system:serviceaccount:default:default"}}),
            "403 serviceaccounts \"default\" is forbidden: User \"alice\" cannot impersonate "
            "resource \"serviceaccounts\" in API group \"\" in the namespace \"default\"");
  denied = "impersonate   groups/ system:masters";
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-group", "system:masters"}}),
            "403 groups \"system:masters\" is forbidden: User \"alice\" cannot impersonate "
            "resource \"groups\" in API group \"\" at the cluster scope");
  denied = "impersonate authentication.k8s.io  userextras/scopes view";
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-extra-scopes", "view"}}),
            "403 userextras.authentication.k8s.io \"view\" is forbidden: User \"alice\" cannot "
            "impersonate resource \"userextras/scopes\" in API group \"authentication.k8s.io\" at "
            "the cluster scope");
  denied = "impersonate authentication.k8s.io  uids/ u";
  EXPECT_EQ(ask({{"impersonate-user", "bob"}, {"impersonate-uid", "u"}}),
            "403 uids.authentication.k8s.io \"u\" is forbidden: User \"alice\" cannot impersonate "
            "resource \"uids\" in API group \"authentication.k8s.io\" at the cluster scope");
}

TEST_F(Impersonation, without_a_user_the_rest_means_nothing) {
  EXPECT_EQ(ask({{"impersonate-group", "g"}}),
            "500 Internal Server Error: \"/p\": requested [{Group  g    }] without impersonating a "
            "user\n");
  EXPECT_EQ(
      ask({{"impersonate-group", "g"}, {"impersonate-extra-k", "v"}, {"impersonate-uid", "u"}}),
      "500 Internal Server Error: \"/p\": requested [{Group  g    } {UserExtra  v  "
      "authentication.k8s.io/v1  k} {UID  u  authentication.k8s.io/v1  }] without "
      "impersonating a user\n");
  EXPECT_THAT(ask({{"impersonate-group", "<g>"}}), HasSubstr("{Group  &lt;g&gt;    }"));
  EXPECT_THAT(acts, IsEmpty());
}

TEST_F(Impersonation, whoever_is_not_named_clearly_is_not_taken_for_the_caller) {
  EXPECT_EQ(ask({{"impersonate-user", ""}}), "400 Bad Request: \"/p\": empty impersonate-user\n");
  EXPECT_EQ(ask({{"impersonate-user", "a"}, {"impersonate-user", "b"}}),
            "400 Bad Request: \"/p\": more than one impersonate-user\n");
  EXPECT_EQ(ask({{"impersonate-user", "a"}, {"impersonate-uid", "1"}, {"impersonate-uid", "1"}}),
            "400 Bad Request: \"/p\": more than one impersonate-uid\n");
  EXPECT_EQ(ask({{"impersonate-user", "a"}, {"impersonate-groups", "g"}}),
            "400 Bad Request: \"/p\": unknown header \"impersonate-groups\"\n");
  EXPECT_THAT(acts, IsEmpty());
}

TEST_F(Impersonation, keys_of_extra_that_do_not_decode_stay_as_they_came) {
  EXPECT_THAT(ask({{"impersonate-user", "a"}, {"impersonate-extra-a%zz", "v"}}),
              HasSubstr(R"("extra":{"a%zz":["v"]})"));
}

}  // namespace
}  // namespace signet::access
