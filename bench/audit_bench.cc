// What a decision of an audit policy costs, and a line of the audit log.
#include <benchmark/benchmark.h>

#include <string_view>

#include "access/audit_event.h"
#include "access/audit_policy.h"

namespace signet::access {
namespace {

// As many rules as the example of the Kubernetes documentation, the last of which matches.
constexpr std::string_view policy_text = R"(
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: RequestResponse, resources: [{resources: [pods]}]}
- {level: Metadata, resources: [{resources: [pods/log, pods/status]}]}
- {level: None, resources: [{resources: [configmaps], resourceNames: [controller-leader]}]}
- {level: None, users: ['system:kube-proxy'], verbs: [watch], resources: [{resources: [endpoints, services]}]}
- {level: None, userGroups: ['system:authenticated'], nonResourceURLs: ['/api*', /version]}
- {level: Request, resources: [{resources: [configmaps]}], namespaces: [kube-system]}
- {level: Metadata, resources: [{resources: [secrets, configmaps]}]}
- {level: Request, resources: [{group: extensions}]}
- {level: Metadata}
)";

const token::UserInfo user{
    .username = "system:serviceaccount:demo:web",
    .uid = "11111111-1111-4111-8111-111111111111",
    .groups = {"system:serviceaccounts", "system:serviceaccounts:demo", "system:authenticated"},
    .extra = {}};

void decide(benchmark::State& state) {
  const auto policy = AuditPolicy::parse(policy_text).value();
  const auto info = machinery::RequestInfo::parse(
                        "GET", "/apis/coordination.k8s.io/v1/namespaces/demo/leases/web", "")
                        .value();
  for (auto _ : state) benchmark::DoNotOptimize(policy.decide(&user, info));
}
BENCHMARK(decide);

void write_line(benchmark::State& state) {
  AuditEvent event;
  event.decision.level = AuditLevel::metadata;
  event.id = "11111111-1111-4111-8111-111111111111";
  event.uri = "/apis/coordination.k8s.io/v1/namespaces/demo/leases/web";
  event.verb = "get";
  event.user = user_json(&user);
  event.source_ips = R"(["192.0.2.1"])";
  event.user_agent = "kubectl/v1.32.4 (linux/amd64) kubernetes/4cb5f07";
  event.is_resource = true;
  event.object = {.resource = "leases",
                  .ns = "demo",
                  .name = "web",
                  .uid = {},
                  .api_group = "coordination.k8s.io",
                  .api_version = "v1",
                  .resource_version = {},
                  .subresource = {}};
  event.code = 200;
  event.annotations = {{"authorization.k8s.io/decision", "allow"},
                       {"authorization.k8s.io/reason", ""}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(event.line(AuditStage::response_complete, Instant{}));
  }
}
BENCHMARK(write_line);

}  // namespace
}  // namespace signet::access
