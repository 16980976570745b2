// A pod worker with everything around it in memory but the directory its volumes are in. For tests
// only.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/cat.h"
#include "base/temp_directory_for_tests.h"
#include "node/api_token_source.h"
#include "node/fake_api.h"
#include "node/fake_runtime.h"
#include "node/pod_worker.h"

namespace signet::node {

using fixture::slurp;
using fixture::TempDirectory;

inline const std::string pod_path = "/api/v1/namespaces/demo/pods/p";

inline std::string pod_json(std::string_view spec, std::string_view metadata = "") {
  return cat(R"({"metadata":{"name":"p","namespace":"demo","uid":"u1","labels":{"b":"2","a":"1"})",
             metadata, R"(},"spec":{"serviceAccountName":"web","nodeName":"n1",)", spec, "}}");
}

inline constexpr std::string_view token_volume =
    R"("volumes":[{"name":"kube-api-access-x","projected":{"defaultMode":420,"sources":[
    {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
    {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"fieldPath":"metadata.namespace"}}]}}
    ]}}])";
inline constexpr std::string_view one_container =
    R"j("containers":[{"name":"c","image":"i","command":["run","$(KUBERNETES_SERVICE_HOST)"],
    "volumeMounts":[{"name":"kube-api-access-x","mountPath":"/var/run/secrets/x"}]}])j";

class PodFixture : public testing::Test {
 protected:
  PodFixture() {
    api_.put("/api/v1/namespaces/demo/configmaps/kube-root-ca.crt",
             R"({"metadata":{"name":"kube-root-ca.crt"},"data":{"ca.crt":"CA"}})");
  }

  void make(const std::string& json) {
    api_.put(pod_path, json);
    worker_ = std::make_unique<PodWorker>(context_, *api_.object(pod_path));
  }
  PodWorker::Turn sync() { return worker_->sync(); }
  std::string volume(std::string_view name, std::string_view plugin = "projected") const {
    return directory_ / cat("pods/u1/volumes/kubernetes.io~", plugin, "/kube-api-access-x/", name);
  }
  // The status the authority has, at a dotted path below the first container.
  codec::Json status() const { return *codec::find(*api_.object(pod_path), "status"); }
  codec::Json container() const { return codec::array_at(status(), "containerStatuses").at(0); }
  std::vector<std::string> event_messages() const {
    std::vector<std::string> out;
    for (const auto& request : api_.log()) {
      if (request.method != "POST" || !request.target.ends_with("/events")) continue;
      out.emplace_back(
          codec::string_at(codec::parse_json(request.body, {}).value().value, "message"));
    }
    return out;
  }
  static std::string mode_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return "missing";
    return cat(status.st_mode >> 9U & 7U, status.st_mode >> 6U & 7U, status.st_mode >> 3U & 7U,
               status.st_mode & 7U, ' ', status.st_uid, ':', status.st_gid);
  }

  TempDirectory directory_;
  ManualClock clock_{Instant(std::chrono::hours{500000})};
  SeededRandom random_{7};
  FakeApi api_{clock_};
  FakeTransport transport_{api_};
  ApiClient client_{transport_};
  ApiTokenSource source_{client_};
  TokenManager tokens_{source_, clock_, random_};
  ObjectCache objects_{client_, clock_};
  FakeRuntime runtime_{clock_};
  EventRecorder events_{client_, clock_, "n1"};
  NodeContext context_{.node_name = "n1",
                       .root_dir = directory_.path(),
                       .host_ip = "10.0.0.1",
                       .endpoint = {.host = "127.0.0.1", .port = 6443},
                       .clock = clock_,
                       .random = random_,
                       .api = client_,
                       .objects = objects_,
                       .tokens = tokens_,
                       .runtime = runtime_,
                       .events = events_};
  std::unique_ptr<PodWorker> worker_;
};

}  // namespace signet::node
