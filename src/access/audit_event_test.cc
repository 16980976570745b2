#include "access/audit_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "codec/json.h"

namespace signet::access {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Instant noon{std::chrono::microseconds{1'700'000'000'123'456}};

TEST(AuditEvent, has_the_members_of_kubernetes_in_their_order) {
  AuditEvent event;
  event.decision.level = AuditLevel::request_response;
  event.id = "11111111-1111-4111-8111-111111111111";
  event.uri = "/api/v1/namespaces/demo/pods?dryRun=All";
  event.verb = "create";
  event.user = R"({"username":"jane"})";
  event.impersonated = R"({"username":"joe"})";
  event.source_ips = R"(["192.0.2.1"])";
  event.user_agent = "kubectl/v1";
  event.is_resource = true;
  event.object = {.resource = "pods",
                  .ns = "demo",
                  .name = "web",
                  .uid = "u",
                  .api_group = "g",
                  .api_version = "v1",
                  .resource_version = "7",
                  .subresource = "status"};
  event.code = 201;
  event.request_object = R"({"kind":"Pod"})";
  event.response_object = R"({"kind":"Pod","spec":{}})";
  event.received = noon;
  event.annotations = {{"b", "2"}, {"a", "<1>"}};
  EXPECT_EQ(
      event.line(AuditStage::response_complete, noon + std::chrono::microseconds{1}),
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse",)"
      R"("auditID":"11111111-1111-4111-8111-111111111111","stage":"ResponseComplete",)"
      R"("requestURI":"/api/v1/namespaces/demo/pods?dryRun=All","verb":"create",)"
      R"("user":{"username":"jane"},"impersonatedUser":{"username":"joe"},)"
      R"("sourceIPs":["192.0.2.1"],"userAgent":"kubectl/v1",)"
      R"("objectRef":{"resource":"pods","namespace":"demo","name":"web","uid":"u","apiGroup":"g",)"
      R"("apiVersion":"v1","resourceVersion":"7","subresource":"status"},)"
      R"("responseStatus":{"metadata":{},"code":201},"requestObject":{"kind":"Pod"},)"
      R"("responseObject":{"kind":"Pod","spec":{}},)"
      R"("requestReceivedTimestamp":"2023-11-14T22:13:20.123456Z",)"
      R"("stageTimestamp":"2023-11-14T22:13:20.123457Z",)"
      R"("annotations":{"a":"\u003c1\u003e","b":"2"}})"
      "\n");
}

TEST(AuditEvent, leaves_out_what_is_not_known_yet) {
  AuditEvent event;
  event.decision.level = AuditLevel::metadata;
  event.id = "id";
  event.uri = "/healthz";
  event.verb = "get";
  event.user = user_json(nullptr);
  event.received = noon;
  EXPECT_EQ(event.line(AuditStage::request_received, noon + std::chrono::hours{1}),
            R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id",)"
            R"("stage":"RequestReceived","requestURI":"/healthz","verb":"get","user":{},)"
            R"("requestReceivedTimestamp":"2023-11-14T22:13:20.123456Z",)"
            R"("stageTimestamp":"2023-11-14T22:13:20.123456Z"})"
            "\n");
  event.is_resource = true;
  EXPECT_THAT(event.line(AuditStage::request_received, noon), HasSubstr(R"("objectRef":{})"));
}

TEST(AuditEvent, is_one_line_of_json_without_tokens_whatever_clients_send) {
  AuditEvent event;
  event.id = "id";
  event.uri = "/a\"\n\\eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2ln";
  event.verb = "get";
  event.user = "{}";
  event.user_agent = "\x01\xff eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.c2ln";
  const auto line = event.line(AuditStage::response_started, noon);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_TRUE(codec::parse_json(line, {}));
  EXPECT_THAT(line, Not(HasSubstr("eyJ")));
}

TEST(AuditEvent, tells_where_a_request_came_from_as_kubernetes_does) {
  struct Row {
    std::string_view forwarded;
    std::string_view real;
    std::string_view peer;
    std::string_view expected;
  };
  for (const auto& row : {
           Row{"", "", "192.0.2.1:443", R"(["192.0.2.1"])"},
           Row{"", "", "[2001:db8:0:0::1]:443", R"(["2001:db8::1"])"},
           Row{"203.0.113.7, 198.51.100.2", "", "192.0.2.1:1",
               R"(["203.0.113.7","198.51.100.2","192.0.2.1"])"},
           Row{"203.0.113.7", "198.51.100.2", "192.0.2.1:1",
               R"(["203.0.113.7","198.51.100.2","192.0.2.1"])"},
           Row{"203.0.113.7", "203.0.113.7", "192.0.2.1:1", R"(["203.0.113.7","192.0.2.1"])"},
           Row{"192.0.2.1", "", "192.0.2.1:1", R"(["192.0.2.1"])"},
           Row{"evil\",1.2.3,,", "nonsense", "192.0.2.1:1", R"(["192.0.2.1"])"},
           Row{"", "", "", ""},
       }) {
    net::Request request;
    if (!row.forwarded.empty()) request.headers.emplace_back("x-forwarded-for", row.forwarded);
    if (!row.real.empty()) request.headers.emplace_back("x-real-ip", row.real);
    request.remote_address = row.peer;
    EXPECT_EQ(source_ips_json(request), row.expected) << row.forwarded;
  }
}

TEST(AuditEvent, names_a_limited_number_of_proxies) {
  net::Request request;
  std::string many;
  for (int i = 0; i < 100; ++i) append(many, "10.0.0.", i, ',');
  request.headers.emplace_back("x-forwarded-for", many);
  request.remote_address = "192.0.2.1:1";
  const auto json = source_ips_json(request);
  EXPECT_THAT(json, HasSubstr("\"10.0.0.31\""));
  EXPECT_THAT(json, Not(HasSubstr("\"10.0.0.32\"")));
  EXPECT_THAT(json, HasSubstr("\"192.0.2.1\""));
}

TEST(AuditEvent, cuts_a_long_user_agent) {
  EXPECT_EQ(audited_user_agent(std::string(1024, 'a')), std::string(1024, 'a'));
  EXPECT_EQ(audited_user_agent(std::string(1025, 'a')), std::string(1024, 'a') + "...TRUNCATED");
}

}  // namespace
}  // namespace signet::access
