// The real kinds and the whole admission chain over a memory store. Only for this folder's tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "access/admission.h"
#include "access/bootstrap_policy.h"
#include "kinds/kinds.h"
#include "machinery/api_fixture_for_tests.h"

namespace signet::access::fixture {

using machinery::fixture::ApiFixture;
using machinery::fixture::Reply;

inline const machinery::Registry& kind_registry() {
  static const machinery::Registry registry(kinds::all());
  return registry;
}

inline token::UserInfo node_user(std::string_view name = "n1") {
  return {.username = cat("system:node:", name),
          .uid = {},
          .groups = {"system:nodes", "system:authenticated"},
          .extra = {}};
}

class Cluster {
 public:
  explicit Cluster(PodToken pod_token = PodToken::projected)
      : chain_(api.view(), api.thread().loop(), api.random(), authorizer_, pod_token) {
    make("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
    make("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"default"}})");
    api.admission().next = &chain_;
  }
  ~Cluster() { api.stop(); }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  void add_bootstrap_policy() {
    make("/api/v1/namespaces", R"({"metadata":{"name":"kube-system"}})");
    for (const auto& object : bootstrap_policy()) {
      const auto done =
          api.thread().await([&] { return api.api().create(*object.kind, object.json); });
      EXPECT_TRUE(done) << done.error().message;
    }
  }
  // Returns the uid.
  std::string make(std::string_view path, std::string body) {
    const auto made = api.post(path, std::move(body));
    EXPECT_EQ(made.status, 201) << made.body;
    return made.at("metadata.uid");
  }
  std::string make_account(std::string_view name, std::string_view members = "") {
    return make("/api/v1/namespaces/default/serviceaccounts",
                cat(R"({"metadata":{"name":")", name, "\"}", members, '}'));
  }
  Reply pod(std::string_view name, std::string_view spec_members = "",
            std::string_view metadata = "") {
    return api.post("/api/v1/namespaces/default/pods", pod_json(name, spec_members, metadata));
  }
  static std::string pod_json(std::string_view name, std::string_view spec_members = "",
                              std::string_view metadata = "") {
    return cat(R"({"metadata":{"name":")", name, '"', metadata,
               R"(},"spec":{"containers":[{"name":"c","image":"i"}])", spec_members, "}}");
  }
  Reply as_node(std::string method, std::string_view path, std::string body,
                std::string_view node = "n1", machinery::fixture::Headers headers = {}) {
    return api.send(std::move(method), path, std::move(body), std::move(headers), 0,
                    node_user(node));
  }

  // What admission says to a request that no test can send through the Api: "yes" or its text.
  std::string admit(const machinery::AdmissionRequest& request) {
    const auto done = api.thread().await([&] { return chain_.admit(request); });
    return done ? "yes" : done.error().message;
  }

  ApiFixture api{kind_registry()};

 private:
  Authorizer authorizer_{{}};
  AdmissionChain chain_;
};

}  // namespace signet::access::fixture
