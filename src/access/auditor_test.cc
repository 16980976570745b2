#include "access/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "access/access_fixture_for_tests.h"
#include "base/cat.h"
#include "codec/json.h"

namespace signet::access {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class AtOnce final : public Executor {
 public:
  void post(std::move_only_function<void()> work) override { work(); }
};

class Stream final : public net::BodyStream {
 public:
  void start(net::StreamSink&) override {}
};

class AuditedRequests : public testing::Test {
 protected:
  AuditedRequests() {
    auto pattern = (std::filesystem::temp_directory_path() / "signet-auditor-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
    make("- {level: RequestResponse}\n");
  }
  ~AuditedRequests() override {
    auditor.reset();
    log.reset();
    std::filesystem::remove_all(directory);
  }

  void make(std::string_view rules) {
    policy = *AuditPolicy::parse(cat("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n", rules));
    auditor.reset();
    log = *telemetry::AuditLog::open(
        {.file = {.path = directory + "/audit.log"}, .mode = telemetry::AuditLogMode::batch}, clock,
        metrics);
    auditor.emplace(Auditor::Parts{.policy = policy,
                                   .log = *log,
                                   .registry = fixture::kind_registry(),
                                   .clock = clock,
                                   .loop = loop,
                                   .metrics = metrics});
  }
  AuditedRequest audited() { return {*auditor, "id"}; }
  void begin(AuditedRequest& request, std::string method = "POST",
             std::string path = "/api/v1/namespaces/demo/configmaps") {
    const auto info = machinery::RequestInfo::parse(method, path, "");
    request.begin({.method = std::move(method), .path = std::move(path)}, *info, jane);
  }
  // Ends the request with that answer, which is passed on.
  net::Response finish(AuditedRequest& request, net::Response response) {
    std::optional<net::Response> out;
    spawn(request.finish(std::move(response)),
          [&](net::Response answer) { out = std::move(answer); });
    return *std::move(out);
  }
  static net::Response json(std::string body, int status = 200) {
    return {.status = status,
            .content_type = "application/json",
            .headers = {},
            .body = std::move(body)};
  }
  std::vector<codec::Json> events() {
    log->flush();
    std::vector<codec::Json> out;
    std::ifstream in(directory + "/audit.log");
    for (std::string line; std::getline(in, line);) {
      out.push_back(codec::parse_json(line, {}).value().value);
    }
    return out;
  }
  double counted(std::string_view level) {
    return metrics.counter("apiserver_audit_level_total", "", {{"level", level}}).value();
  }

  std::string directory;
  const token::UserInfo jane{.username = "jane", .uid = {}, .groups = {}, .extra = {}};
  ManualClock clock{Instant{std::chrono::seconds{1'700'000'000}}};
  telemetry::Registry metrics;
  AtOnce loop;
  AuditPolicy policy;
  std::unique_ptr<telemetry::AuditLog> log;
  std::optional<Auditor> auditor;
};

std::string text(const codec::Json& event, std::string_view path) {
  const auto* found = codec::find(event, path);
  return found == nullptr ? "(none)" : codec::to_json(*found);
}

TEST_F(AuditedRequests, what_the_policy_does_not_want_leaves_no_trace_but_a_count) {
  make("- {level: None}\n");
  auto request = audited();
  begin(request);
  request.annotate("a", "1");
  request.note_body(codec::Json(codec::JsonObject{}));
  EXPECT_EQ(finish(request, json("{}\n")).bytes(), "{}\n");
  EXPECT_THAT(events(), SizeIs(0));
  EXPECT_EQ(counted("None"), 1);
  EXPECT_EQ(counted("RequestResponse"), 0);
}

TEST_F(AuditedRequests, the_first_of_two_annotations_stays_also_from_before_the_decision) {
  auto request = audited();
  request.annotate("a", "early");
  begin(request);
  request.annotate("a", "late");
  request.annotate("b", "2");
  request.decided(false, "no");
  finish(request, json("{}\n", 403));
  EXPECT_EQ(text(events().back(), "annotations"),
            R"({"a":"early","authorization.k8s.io/decision":"forbid",)"
            R"("authorization.k8s.io/reason":"no","b":"2"})");
}

TEST_F(AuditedRequests, who_is_impersonated_stands_beside_who_asks) {
  auto request = audited();
  begin(request);
  request.impersonated({.username = "joe", .uid = {}, .groups = {"dev"}, .extra = {}});
  finish(request, json("{}\n"));
  EXPECT_EQ(text(events().back(), "user"), R"({"username":"jane"})");
  EXPECT_EQ(text(events().back(), "impersonatedUser"), R"({"username":"joe","groups":["dev"]})");
}

TEST_F(AuditedRequests, the_body_names_what_the_path_does_not) {
  make("- {level: Metadata}\n");
  auto request = audited();
  begin(request);
  request.note_body(codec::parse_json(R"({"kind":"ConfigMap","metadata":{"name":"a","uid":"u",)"
                                      R"("namespace":"other","resourceVersion":"7"}})",
                                      {})
                        ->value);
  finish(request, json("{}\n", 201));
  EXPECT_EQ(text(events().back(), "objectRef"),
            R"({"resource":"configmaps","namespace":"demo","name":"a","uid":"u",)"
            R"("apiVersion":"v1","resourceVersion":"7"})");
  EXPECT_EQ(text(events().back(), "requestObject"), "(none)");
}

TEST_F(AuditedRequests, paths_that_are_no_resources_have_no_bodies) {
  auto request = audited();
  begin(request, "GET", "/version");
  finish(request, json("{\"major\":\"1\"}\n"));
  EXPECT_EQ(text(events().back(), "responseObject"), "(none)");
  EXPECT_EQ(text(events().back(), "objectRef"), "(none)");
  EXPECT_EQ(text(events().back(), "responseStatus.code"), "200");
}

TEST_F(AuditedRequests, a_stream_is_recorded_again_at_its_end) {
  auto request = audited();
  begin(request, "GET", "/api/v1/watch/configmaps");
  clock.advance(std::chrono::seconds{1});
  {
    auto answer = finish(request, {.status = 200,
                                   .content_type = "application/json",
                                   .headers = {},
                                   .body = std::make_unique<Stream>()});
    EXPECT_THAT(events(), SizeIs(1));
    clock.advance(std::chrono::seconds{1});
  }
  const auto all = events();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(text(all[0], "stage"), R"("ResponseStarted")");
  EXPECT_EQ(text(all[1], "stage"), R"("ResponseComplete")");
  EXPECT_EQ(text(all[1], "stageTimestamp"), R"("2023-11-14T22:13:22.000000Z")");
  EXPECT_EQ(text(all[1], "requestReceivedTimestamp"), R"("2023-11-14T22:13:20.000000Z")");
}

TEST_F(AuditedRequests, a_body_is_kept_up_to_a_size) {
  const auto answer_of = [](std::size_t bytes) {
    return "{\"a\":\"" + std::string(bytes - 9, 'x') + "\"}\n";
  };
  for (const bool fits : {true, false}) {
    auto request = audited();
    begin(request);
    finish(request, json(answer_of(Auditor::object_bytes_max + (fits ? 0 : 1))));
    EXPECT_EQ(text(events().back(), "responseObject") != "(none)", fits);
    EXPECT_EQ(events().back().as_object().contains("annotations"), !fits);
  }
}

}  // namespace
}  // namespace signet::access
