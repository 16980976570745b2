#include "access/priority_level.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet::access {
namespace {

std::string place(std::string_view user, std::vector<std::string> groups,
                  std::string_view path = "/api/v1/pods", std::string_view remote = "10.0.0.1:80") {
  const auto info = machinery::RequestInfo::parse("GET", path, "");
  const token::UserInfo who{
      .username = std::string(user), .uid = {}, .groups = std::move(groups), .extra = {}};
  const auto key = flow_of(who, *info, remote);
  return std::string(to_string(key.level)) + ' ' + std::string(key.name);
}

TEST(PriorityLevel, follows_from_who_somebody_is) {
  EXPECT_EQ(place("admin", {"system:masters"}), "exempt admin");
  EXPECT_EQ(place("system:node:n1", {"system:nodes"}), "system system:node:n1");
  EXPECT_EQ(place("system:kube-scheduler", {}), "system system:kube-scheduler");
  EXPECT_EQ(place("system:serviceaccount:a:b", {"system:serviceaccounts"}),
            "workload system:serviceaccount:a:b");
  EXPECT_EQ(place("jane", {"system:authenticated"}), "everybody jane");
}

TEST(PriorityLevel, a_name_that_only_looks_like_a_node_is_nobody_special) {
  EXPECT_EQ(place("system:node:n1", {}), "everybody system:node:n1");
  EXPECT_EQ(place("jane", {"System:Masters", "system:nodes2"}), "everybody jane");
}

TEST(PriorityLevel, nobody_is_told_apart_by_address) {
  EXPECT_EQ(place("system:anonymous", {}), "everybody 10.0.0.1");
  EXPECT_EQ(place("system:anonymous", {}, "/api", "[::1]:4000"), "everybody ::1");
}

TEST(PriorityLevel, health_is_answered_to_anybody) {
  EXPECT_EQ(place("system:anonymous", {}, "/livez"), "exempt 10.0.0.1");
  EXPECT_EQ(place("jane", {}, "/readyz/ping"), "exempt jane");
  EXPECT_EQ(place("jane", {}, "/healthzz"), "everybody jane");
  EXPECT_EQ(place("jane", {}, "/api/v1/namespaces/livez"), "everybody jane");
}

}  // namespace
}  // namespace signet::access
