// The audit of a whole authority: that each loop records, waits and lets go as it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <vector>

#include "server/server_fixture_for_tests.h"

namespace signet::server {
namespace {

using fixture::Client;
using fixture::failed_start;
using fixture::options_for;
using fixture::start;
using telemetry::AuditLogMode;
using testing::HasSubstr;

constexpr std::string_view everything =
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n";

class Auditing : public testing::Test {
 protected:
  signet::fixture::TempDirectory directory;

  Options options(AuditLogMode mode, const std::string& path = {},
                  std::string_view policy = everything) const {
    auto out = options_for(directory / "data");
    out.audit_policy_file = directory / "policy.yaml";
    std::ofstream(out.audit_policy_file) << policy;
    out.audit_log.file.path = path.empty() ? directory / "audit.log" : path;
    out.audit_log.mode = mode;
    return out;
  }
  std::vector<codec::Json> events() const {
    std::vector<codec::Json> out;
    std::ifstream in(directory / "audit.log");
    for (std::string line; std::getline(in, line);) {
      auto document = codec::parse_json(line, {});
      EXPECT_TRUE(document) << line;
      if (document) out.push_back(std::move(document->value));
    }
    return out;
  }
  std::size_t answered() const {
    std::size_t count = 0;
    for (const auto& event : events()) {
      if (codec::string_at(event, "stage") == "ResponseComplete") ++count;
    }
    return count;
  }
};

TEST_F(Auditing, an_answer_is_in_the_log_before_it_leaves) {
  for (const auto mode : {AuditLogMode::blocking, AuditLogMode::blocking_strict}) {
    const auto authority = start(options(mode));
    Client admin(*authority);
    for (int i = 0; i < 10; ++i) {
      const auto before = answered();
      EXPECT_EQ(admin.get("/api/v1/namespaces").status, 200);
      EXPECT_EQ(answered(), before + 1);
    }
  }
}

TEST_F(Auditing, requests_of_many_connections_are_all_in_the_log_at_the_end) {
  constexpr std::size_t clients = 4;
  constexpr std::size_t each = 25;
  for (const auto mode : {AuditLogMode::batch, AuditLogMode::blocking}) {
    const auto before = answered();
    const auto authority = start(options(mode));
    std::vector<std::thread> threads;
    for (std::size_t c = 0; c < clients; ++c) {
      threads.emplace_back([&authority] {
        Client admin(*authority);
        for (std::size_t i = 0; i < each; ++i) {
          EXPECT_EQ(admin.get("/api/v1/namespaces/default").status, 200);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    authority->stop();
    EXPECT_EQ(answered(), before + clients * each);
  }
}

TEST_F(Auditing, a_log_without_room_refuses_requests_only_where_it_is_strict) {
  {
    const auto authority = start(options(AuditLogMode::blocking, "/dev/full"));
    EXPECT_EQ(Client(*authority).get("/version").status, 200);
  }
  const auto authority = start(options(AuditLogMode::blocking_strict, "/dev/full"));
  const auto refused = Client(*authority).get("/version");
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.at("message"), "Internal error occurred: failed to store audit event");
  EXPECT_EQ(authority->metrics().counter("apiserver_audit_requests_rejected_total", "").value(), 1);
}

TEST_F(Auditing, what_the_policy_omits_is_not_waited_for) {
  const auto authority = start(
      options(AuditLogMode::blocking_strict, "/dev/full",
              "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n"
              "- {level: Metadata, omitStages: [ResponseComplete]}\n"));
  EXPECT_EQ(Client(*authority).get("/version").status, 200);
}

TEST_F(Auditing, who_has_no_good_credentials_is_recorded_as_nobody) {
  const auto authority = start(options(AuditLogMode::blocking));
  Client stranger(*authority, false);
  EXPECT_EQ(stranger.get("/version", {{"authorization", "Bearer nonsense"}}).status, 401);
  const auto all = events();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(codec::string_at(all.back(), "stage"), "ResponseStarted");
  EXPECT_EQ(codec::string_at(all.back(), "responseStatus.message"),
            "Authentication failed, attempted: bearer");
  EXPECT_EQ(codec::to_json(*codec::find(all.back(), "user")), "{}");
}

TEST_F(Auditing, a_policy_or_a_log_that_is_no_good_is_named_at_the_start) {
  EXPECT_THAT(failed_start(options(AuditLogMode::batch, {}, "kind: Policy\n")),
              HasSubstr("audit policy " + (directory / "policy.yaml") + ": apiVersion: "));
  EXPECT_THAT(failed_start(options(AuditLogMode::batch, directory.path())),
              HasSubstr("audit log: open " + directory.path()));
}

}  // namespace
}  // namespace signet::server
