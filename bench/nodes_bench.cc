// What it costs to decide about a node, and to keep what that is decided by, however many pods
// there are.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/node_authorizer.h"
#include "base/cat.h"
#include "kinds/kinds.h"
#include "machinery/view.h"

namespace signet {
namespace {

constexpr std::int64_t pods_a_node = 100;

std::string node_of_pod(std::int64_t number) {
  return cat("node-", number / pods_a_node);
}

// A pod as it is stored: the token volume, and a secret and a config map of its own.
std::string pod_json(std::int64_t number, std::string_view node) {
  return cat(
      R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"pod-)", number,
      R"(","namespace":"default","uid":"0f3c6b1e-54c1-4c1b-9a36-0d1f6b9d7a11",)",
      R"("creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"volumes":[{"name":"own",)",
      R"("secret":{"secretName":"secret-)", number,
      R"("}},{"name":"kube-api-access-bcdfg","projected":{"sources":[{"serviceAccountToken":)",
      R"({"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt",)",
      R"("items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":)",
      R"("namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],)",
      R"("defaultMode":420}}],"containers":[{"name":"c","image":"i","envFrom":[{"configMapRef":)",
      R"({"name":"map-)", number, R"("}}]}],"nodeName":")", node,
      R"(","serviceAccountName":"account-)", number % 10, R"("},"status":{"phase":"Running"}})");
}

store::Event pod_event(std::int64_t number, std::string_view node, store::Revision revision) {
  return {.key = machinery::store_key(kinds::pod, cat("default/pod-", number)),
          .value = pod_json(number, node),
          .revision = revision,
          .attachment = nullptr};
}

const machinery::Registry& registry() {
  static const machinery::Registry all(kinds::all());
  return all;
}

// As many pods as the first argument says, all in one namespace, a hundred on each node.
machinery::View& view_of(std::int64_t pods) {
  static std::vector<std::pair<std::int64_t, std::unique_ptr<machinery::View>>> made;
  for (const auto& [count, view] : made) {
    if (count == pods) return *view;
  }
  auto view = std::make_unique<machinery::View>(registry());
  for (std::int64_t i = 0; i < pods; ++i) {
    std::vector<store::Event> events;
    events.push_back(pod_event(i, node_of_pod(i), i + 1));
    view->committed(std::move(events));
  }
  made.emplace_back(pods, std::move(view));
  return *made.back().second;
}

// The last node asks, about what only its last pod names, or nobody does.
void decide(benchmark::State& state, std::string_view method, std::string_view prefix,
            std::string_view suffix, bool allowed) {
  const auto snapshot = view_of(state.range(0)).current();
  const auto last = state.range(0) - 1;
  const token::UserInfo user{.username = cat("system:node:", node_of_pod(last)),
                             .uid = {},
                             .groups = {"system:nodes", "system:authenticated"},
                             .extra = {}};
  const auto request = machinery::RequestInfo::parse(
      method,
      cat("/api/v1/namespaces/default/", prefix, allowed ? std::to_string(last) : "none", suffix),
      "");
  if (!request || access::authorize_node(user, *request, *snapshot).allowed != allowed) {
    return state.SkipWithError("the decision is not what it should be");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(access::authorize_node(user, *request, *snapshot));
  }
}

void node_reads_secret(benchmark::State& state) {
  decide(state, "GET", "secrets/secret-", "", true);
}
BENCHMARK(node_reads_secret)->Arg(10)->Arg(100000)->ArgName("pods");

void node_is_refused_secret(benchmark::State& state) {
  decide(state, "GET", "secrets/secret-", "", false);
}
BENCHMARK(node_is_refused_secret)->Arg(10)->Arg(100000)->ArgName("pods");

void node_is_refused_token(benchmark::State& state) {
  decide(state, "POST", "serviceaccounts/account-", "/token", false);
}
BENCHMARK(node_is_refused_token)->Arg(10)->Arg(100000)->ArgName("pods");

void node_reads_pod(benchmark::State& state) {
  decide(state, "GET", "pods/pod-", "", true);
}
BENCHMARK(node_reads_pod)->Arg(10)->Arg(100000)->ArgName("pods");

// A pod moves to and fro: what a commit costs with everything that is looked up later.
void pod_is_bound(benchmark::State& state) {
  auto& view = view_of(state.range(0));
  const auto number = state.range(0) / 2;
  auto revision = view.current()->revision();
  for (auto _ : state) {
    std::vector<store::Event> events;
    ++revision;
    events.push_back(pod_event(number, revision % 2 == 0 ? "node-0" : "elsewhere", revision));
    view.committed(std::move(events));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pod_is_bound)->Arg(10)->Arg(100000)->ArgName("pods");

}  // namespace
}  // namespace signet
