// What a decision by roles and bindings costs, however many bindings there are, and what a binding
// takes of memory. Half of the bindings are of the cluster, half of a thousand namespaces; the user
// is in five groups.
#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/authorizer.h"
#include "access/rbac.h"
#include "base/cat.h"
#include "kinds/kinds.h"
#include "machinery/view.h"

namespace signet {
namespace {

constexpr std::int64_t namespaces = 1000;

store::Event event(const machinery::Kind& kind, std::string_view key, std::string value,
                   store::Revision revision) {
  return {.key = machinery::store_key(kind, key),
          .value = std::move(value),
          .revision = revision,
          .attachment = nullptr};
}

std::string role_json(std::string_view kind, std::string_view metadata, std::string_view resource) {
  return cat(R"({"kind":")", kind, R"(","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{)",
             metadata,
             R"(},"rules":[{"verbs":["get","list"],"apiGroups":[""],"resources":["configmaps"]},)",
             R"({"verbs":["get","list","watch"],"apiGroups":[""],"resources":[")", resource,
             "\"]}]}");
}

std::string binding_json(std::string_view kind, std::string_view metadata, std::string_view role,
                         std::string_view subject) {
  return cat(R"({"kind":")", kind, R"(","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{)",
             metadata,
             R"(},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":")",
             role, R"("},"subjects":[)", subject, "]}");
}

std::string in_namespace(std::int64_t number, std::string_view name) {
  return cat(R"("name":")", name, R"(","namespace":"ns-)", number % namespaces, '"');
}

const machinery::Registry& registry() {
  static const machinery::Registry all(kinds::all());
  return all;
}

// Roles, and as many bindings as are asked for; one of them names the user in namespace ns-0, one
// names a group of the user's everywhere.
machinery::View& view_of(std::int64_t bindings) {
  static std::vector<std::pair<std::int64_t, std::unique_ptr<machinery::View>>> made;
  for (const auto& [count, view] : made) {
    if (count == bindings) return *view;
  }
  auto view = std::make_unique<machinery::View>(registry());
  store::Revision revision = 0;
  const auto put = [&](const machinery::Kind& kind, std::string_view key, std::string value) {
    std::vector<store::Event> events;
    events.push_back(event(kind, key, std::move(value), ++revision));
    view->committed(std::move(events));
  };
  put(kinds::cluster_role, "pods", role_json("ClusterRole", R"("name":"pods")", "pods"));
  put(kinds::cluster_role, "nodes", role_json("ClusterRole", R"("name":"nodes")", "nodes"));
  for (std::int64_t i = 0; i < bindings; ++i) {
    const auto name = cat("binding-", i);
    const auto other = cat(R"({"kind":"User","name":"user-)", i, "\"}");
    if (i % 2 == 0) {
      put(kinds::role_binding, cat("ns-", i % namespaces, '/', name),
          binding_json("RoleBinding", in_namespace(i, name), "pods",
                       i == 0 ? R"({"kind":"User","name":"alice"})" : other));
    } else {
      put(kinds::cluster_role_binding, name,
          binding_json("ClusterRoleBinding", cat(R"("name":")", name, '"'), "nodes",
                       i == 1 ? R"({"kind":"Group","name":"group-3"})" : other));
    }
  }
  made.emplace_back(bindings, std::move(view));
  return *made.back().second;
}

void decide(benchmark::State& state, std::string_view path, bool allowed) {
  const auto snapshot = view_of(state.range(0)).current();
  const token::UserInfo user{
      .username = "alice",
      .uid = {},
      .groups = {"group-1", "group-2", "group-3", "group-4", "system:authenticated"},
      .extra = {}};
  const auto request = machinery::RequestInfo::parse("GET", path, "");
  if (!request || access::authorize_by_rbac(user, *request, *snapshot).allowed != allowed) {
    return state.SkipWithError("the decision is not what it should be");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(access::authorize_by_rbac(user, *request, *snapshot));
  }
}

void AllowedByNamespaceBinding(benchmark::State& state) {
  decide(state, "/api/v1/namespaces/ns-0/pods/p", true);
}
void AllowedByClusterBinding(benchmark::State& state) {
  decide(state, "/api/v1/nodes/n", true);
}
void Denied(benchmark::State& state) {
  decide(state, "/api/v1/namespaces/ns-0/secrets/s", false);
}

// Before any binding is looked at.
void Master(benchmark::State& state) {
  const auto snapshot = view_of(state.range(0)).current();
  const access::Authorizer authorizer({});
  const token::UserInfo user{
      .username = "root", .uid = {}, .groups = {"system:masters"}, .extra = {}};
  const auto request = machinery::RequestInfo::parse("GET", "/api/v1/nodes/n", "");
  if (!request || !authorizer.authorize(user, *request, *snapshot).allowed) {
    return state.SkipWithError("the decision is not what it should be");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(authorizer.authorize(user, *request, *snapshot));
  }
}

void BytesOfBinding(benchmark::State& state) {
  for (auto _ : state) {
    const auto before = mallinfo2().uordblks;
    view_of(state.range(0));
    const auto grown = mallinfo2().uordblks - before;
    state.counters["bytes"] = static_cast<double>(grown) / static_cast<double>(state.range(0));
  }
}

BENCHMARK(BytesOfBinding)->Arg(100'000)->Iterations(1);
BENCHMARK(AllowedByNamespaceBinding)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(AllowedByClusterBinding)->Arg(10)->Arg(1'000)->Arg(100'000);
BENCHMARK(Master)->Arg(100'000);
BENCHMARK(Denied)->Arg(10)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace signet

BENCHMARK_MAIN();
