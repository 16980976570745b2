#include "access/audit_redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"

namespace signet::access {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string after(Sensitivity sensitivity, std::string_view body) {
  auto document = codec::parse_json(body, {});
  EXPECT_TRUE(document) << body;
  redact(sensitivity, document->value);
  return codec::to_json(document->value);
}

Sensitivity of(std::string_view method, std::string_view path) {
  return sensitivity_of(*machinery::RequestInfo::parse(method, path, ""));
}

TEST(Redaction, knows_which_requests_carry_secrets) {
  EXPECT_EQ(of("GET", "/api/v1/secrets"), Sensitivity::secret);
  EXPECT_EQ(of("PATCH", "/api/v1/namespaces/a/secrets/b"), Sensitivity::secret);
  EXPECT_EQ(of("POST", "/api/v1/namespaces/a/serviceaccounts/b/token"), Sensitivity::token_request);
  EXPECT_EQ(of("POST", "/apis/authentication.k8s.io/v1/tokenreviews"), Sensitivity::token_review);
  EXPECT_EQ(of("POST", "/api/v1/namespaces/a/serviceaccounts"), Sensitivity::plain);
  EXPECT_EQ(of("GET", "/apis/example.com/v1/secrets"), Sensitivity::plain);
  EXPECT_EQ(of("GET", "/version"), Sensitivity::plain);
}

TEST(Redaction, a_secret_keeps_its_names_and_none_of_its_values) {
  struct Row {
    std::string_view body;
    std::string_view after;
  };
  for (
      const auto& row : {
          Row{R"({"kind":"Secret","metadata":{"name":"a"},"data":{"p":"aHVzaA=="},"type":"t"})",
              R"({"kind":"Secret","metadata":{"name":"a"},"data":{"p":"W3JlZGFjdGVkXQ=="},)"
              R"("type":"t"})"},
          Row{R"({"stringData":{"p":"hush"}})", R"({"stringData":"[redacted]"})"},
          Row{R"({"data":{"p":null}})", R"({"data":{"p":null}})"},
          Row{R"({"data":"hush"})", R"({"data":"[redacted]"})"},
          Row{R"({"Data":{"p":"hush"}})", R"({"Data":"[redacted]"})"},
          Row{R"("hush")", R"("[redacted]")"},
          Row{R"({"metadata":{"annotations":{"a":"b",)"
              R"("kubectl.kubernetes.io/last-applied-configuration":"hush"}}})",
              R"({"metadata":{"annotations":{"a":"b",)"
              R"("kubectl.kubernetes.io/last-applied-configuration":"[redacted]"}}})"},
          Row{R"({"kind":"SecretList","metadata":{},"items":[{"data":{"p":"aHVzaA=="}}]})",
              R"({"kind":"SecretList","metadata":{},"items":[{"data":{"p":"W3JlZGFjdGVkXQ=="}}]})"},
          Row{R"({"kind":"Table","rows":[{"cells":["a",1],"object":{"data":{"p":"aHVzaA=="}}}]})",
              R"({"kind":"Table","rows":[{"cells":["a",1],)"
              R"("object":{"data":{"p":"W3JlZGFjdGVkXQ=="}}}]})"},
          Row{R"([{"op":"add","path":"/data/p","value":"aHVzaA=="}])",
              R"([{"op":"add","path":"/data/p","value":"[redacted]"}])"},
          Row{R"(["hush"])", R"(["[redacted]"])"},
          Row{R"({"kind":"DeleteOptions","gracePeriodSeconds":0})",
              R"({"kind":"DeleteOptions","gracePeriodSeconds":0})"},
      }) {
    EXPECT_EQ(after(Sensitivity::secret, row.body), row.after);
  }
}

TEST(Redaction, tokens_leave_reviews_and_requests) {
  EXPECT_EQ(after(Sensitivity::token_review, R"({"spec":{"token":"hush","audiences":["a"]}})"),
            R"({"spec":{"token":"[redacted]","audiences":["a"]}})");
  EXPECT_EQ(after(Sensitivity::token_request,
                  R"({"spec":{"audiences":["a"]},"status":{"token":"hush"}})"),
            R"({"spec":{"audiences":["a"]},"status":{"token":"[redacted]"}})");
  EXPECT_EQ(after(Sensitivity::token_request, R"({"status":{"token":""}})"),
            R"({"status":{"token":""}})");
  EXPECT_EQ(after(Sensitivity::plain, R"({"data":{"p":"x"}})"), R"({"data":{"p":"x"}})");
}

TEST(Redaction, a_refusal_that_may_quote_the_body_says_only_its_reason) {
  constexpr std::string_view status = R"({"kind":"Status","message":"hush","reason":"R",)"
                                      R"("details":{"name":"a","causes":[{"message":"hush"}]},)";
  EXPECT_EQ(after(Sensitivity::token_review, cat(status, R"("code":400})")),
            R"({"kind":"Status","message":"[redacted]","reason":"R","details":{"name":"a"},)"
            R"("code":400})");
  EXPECT_THAT(after(Sensitivity::secret, cat(status, R"("code":422})")), Not(HasSubstr("hush")));
  EXPECT_THAT(after(Sensitivity::secret, cat(status, R"("code":500})")), Not(HasSubstr("hush")));
  EXPECT_THAT(after(Sensitivity::secret, cat(status, R"("code":404})")), HasSubstr("hush"))
      << "it quotes names only";
}

TEST(Redaction, managed_fields_go_from_objects_lists_and_tables) {
  auto document = codec::parse_json(
      R"({"metadata":{"managedFields":[]},"items":[{"metadata":{"managedFields":[],"name":"a"}}],)"
      R"("rows":[{"object":{"metadata":{"managedFields":[]}}},{}]})",
      {});
  drop_managed_fields(document->value);
  EXPECT_EQ(codec::to_json(document->value),
            R"({"metadata":{},"items":[{"metadata":{"name":"a"}}],)"
            R"("rows":[{"object":{"metadata":{}}},{}]})");
}

TEST(Redaction, a_uri_loses_the_values_of_credentials) {
  EXPECT_EQ(redacted_uri("/api", ""), "/api");
  EXPECT_EQ(redacted_uri("/api", "a=1&access_token=hush&b=2"),
            "/api?a=1&access_token=[redacted]&b=2");
  EXPECT_EQ(redacted_uri("/api", "ACCESS_TOKEN=hush"), "/api?ACCESS_TOKEN=[redacted]");
  EXPECT_EQ(redacted_uri("/api", "access%5Ftoken=hush"), "/api?access%5Ftoken=[redacted]");
  EXPECT_EQ(redacted_uri("/api", "token&continue=abc&"), "/api?token&continue=abc&");
  EXPECT_EQ(redacted_uri("/%65yJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2ln", ""), "[redacted]")
      << "a token in escapes";
}

}  // namespace
}  // namespace signet::access
