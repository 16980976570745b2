// A cluster with node n1, and writes as it. Only for this folder's tests.
#pragma once

#include "access/access_fixture_for_tests.h"

namespace signet::access::fixture {

inline constexpr std::string_view pods = "/api/v1/namespaces/default/pods";

class NodeRestrictionTest : public testing::Test {
 protected:
  Cluster cluster;
  const std::string n1 = cluster.make("/api/v1/nodes", R"({"metadata":{"name":"n1"}})");

  // "yes", or "403 Forbidden ...".
  static std::string answer(const Reply& reply) {
    return reply.status < 300 ? "yes" : reply.refusal();
  }
  std::string post(std::string_view path, std::string body, std::string_view node = "n1") {
    return answer(cluster.as_node("POST", path, std::move(body), node));
  }
  std::string merge(std::string_view path, std::string body, std::string_view node = "n1") {
    return answer(cluster.as_node("PATCH", path, std::move(body), node,
                                  {{"content-type", "application/merge-patch+json"}}));
  }
  std::string remove(std::string_view path, std::string_view node = "n1") {
    return answer(cluster.as_node("DELETE", path, "", node));
  }
};

}  // namespace signet::access::fixture
