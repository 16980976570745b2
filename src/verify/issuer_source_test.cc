#include "verify/issuer_source.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace signet::verify {
namespace {

using std::chrono::seconds;

IssuerSource plain() {
  return {.issuer = "https://k8s.example"};
}

// K-1 61, 62.
TEST(IssuerSource, says_where_its_document_is) {
  const auto url = [](std::string issuer, bool rfc8414) {
    return document_url({.issuer = std::move(issuer), .rfc8414 = rfc8414});
  };
  EXPECT_EQ(url("https://h", false), "https://h/.well-known/openid-configuration");
  EXPECT_EQ(url("https://h/", false), "https://h/.well-known/openid-configuration");
  EXPECT_EQ(url("https://h/p/q", false), "https://h/p/q/.well-known/openid-configuration");
  EXPECT_EQ(url("https://h/p/", false), "https://h/p/.well-known/openid-configuration");
  EXPECT_EQ(url("https://h", true), "https://h/.well-known/oauth-authorization-server");
  EXPECT_EQ(url("https://h/p/q", true), "https://h/.well-known/oauth-authorization-server/p/q");
  EXPECT_EQ(url("https://h/p/", true), "https://h/.well-known/oauth-authorization-server/p");
  EXPECT_EQ(document_url({.issuer = "https://h", .discovery_url = "https://mirror/doc"}),
            "https://mirror/doc");
}

struct Wrong {
  const char* name;
  std::function<void(IssuerSource&)> spoil;
  const char* field;
};

class WrongSource : public testing::TestWithParam<Wrong> {};

TEST_P(WrongSource, is_refused_by_the_name_of_its_field) {
  auto source = plain();
  ASSERT_TRUE(check(source));
  GetParam().spoil(source);
  const auto checked = check(source);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().message.starts_with(GetParam().field)) << checked.error().message;
}

// K-1 65 at load.
INSTANTIATE_TEST_SUITE_P(
    , WrongSource,
    testing::Values(
        Wrong{"empty_issuer", [](auto& s) { s.issuer = ""; }, "issuer:"},
        Wrong{"http_issuer", [](auto& s) { s.issuer = "http://k8s.example"; }, "issuer:"},
        Wrong{"issuer_with_query", [](auto& s) { s.issuer += "/?a"; }, "issuer:"},
        Wrong{"issuer_with_user", [](auto& s) { s.issuer = "https://a@h"; }, "issuer:"},
        Wrong{"http_mirror", [](auto& s) { s.discovery_url = "http://m"; }, "discovery_url:"},
        Wrong{"http_jwks", [](auto& s) { s.jwks_uri = "http://m"; }, "jwks_uri:"},
        Wrong{"file_jwks", [](auto& s) { s.jwks_uri = "file:///etc/passwd"; }, "jwks_uri:"},
        Wrong{"host_with_path", [](auto& s) { s.jwks_hosts = {"h/p"}; }, "jwks_hosts:"},
        Wrong{"too_many_hosts", [](auto& s) { s.jwks_hosts = std::vector<std::string>(17, "h"); },
              "jwks_hosts:"},
        Wrong{"fixed_without_keys", [](auto& s) { s.jwks = R"({"keys":[]})"; }, "jwks:"},
        Wrong{"two_cas",
              [](auto& s) {
                s.ca_file = "f";
                s.ca_pem = "p";
              },
              "ca_file:"},
        Wrong{"pin_of_another_kind", [](auto& s) { s.spki_pin = "md5//AAAA"; }, "spki_pin:"},
        Wrong{"credentials_for_nobody", [](auto& s) { s.credentials_file = "f"; },
              "credentials_file:"},
        Wrong{"credentials_for_a_path",
              [](auto& s) {
                s.credentials_file = "f";
                s.credentials_origin = "https://h/p";
              },
              "credentials_origin:"},
        Wrong{"bad_cidr", [](auto& s) { s.allowed_cidrs = {"10.0.0.0"}; }, "CIDR"},
        Wrong{"no_ports", [](auto& s) { s.ports = {}; }, "ports:"},
        Wrong{"soft_too_short", [](auto& s) { s.soft_ttl = seconds{59}; }, "soft_ttl:"},
        Wrong{"soft_above_its_bound", [](auto& s) { s.soft_ttl = seconds{901}; }, "soft_ttl:"},
        Wrong{"bound_too_long", [](auto& s) { s.soft_ttl_max = seconds{86401}; }, "soft_ttl_max:"},
        Wrong{"hard_too_long", [](auto& s) { s.hard_ttl = seconds{604801}; }, "hard_ttl:"},
        Wrong{"hard_negative", [](auto& s) { s.hard_ttl = seconds{-1}; }, "hard_ttl:"},
        Wrong{"miss_too_often", [](auto& s) { s.kid_miss_interval = seconds{9}; },
              "kid_miss_interval:"},
        Wrong{"too_many_refused_kids",
              [](auto& s) { s.refused_kids = std::vector<std::string>(257, "k"); },
              "refused_kids:"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(IssuerSource, may_be_no_url_when_nothing_is_looked_up_by_it) {
  EXPECT_TRUE(check({.issuer = "kubernetes/serviceaccount", .jwks_uri = "https://h/jwks"}));
}

}  // namespace
}  // namespace signet::verify
