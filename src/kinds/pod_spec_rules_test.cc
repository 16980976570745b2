// The rules of a pod beside its volumes and updates: one wrong thing a line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Texts refused(std::string_view spec) {
  return validated(pod, defaulted(pod, cat(R"({"spec":)", spec, '}')));
}
// Of a pod with these members beside its container.
Texts refused_pod(std::string_view members) {
  return refused(cat(R"({"containers":[{"name":"c","image":"i"}],)", members, '}'));
}
// Of a pod whose container has these members.
Texts refused_container(std::string_view members) {
  return refused(cat(R"({"containers":[{"name":"c","image":"i",)", members, "}]}"));
}

TEST(ContainerRules, name_ports_and_take_each_host_port_once) {
  EXPECT_THAT(refused_container(R"("ports":[{"containerPort":80,"name":"-"}])"),
              ElementsAre("spec.containers[0].ports[0].name: Invalid value: \"-\": must contain at "
                          "least one letter (a-z)",
                          "spec.containers[0].ports[0].name: Invalid value: \"-\": must not begin "
                          "or end with a hyphen"));
  EXPECT_THAT(refused_container(R"("ports":[{"containerPort":80,"hostPort":8},
                                    {"containerPort":81,"hostPort":8,"protocol":"UDP"},
                                    {"containerPort":82,"hostPort":8}])"),
              ElementsAre("spec.containers[0].ports[2].hostPort: Duplicate value: \"TCP//8\""));
}

TEST(ContainerRules, take_variables_from_one_place) {
  EXPECT_THAT(refused_container(R"("envFrom":[{"prefix":"a="},{"secretRef":{}}])"),
              ElementsAre("spec.containers[0].envFrom[0].prefix: Invalid value: \"a=\": a valid "
                          "environment variable name must consist only of printable ASCII "
                          "characters other than '='",
                          "spec.containers[0].envFrom: Invalid value: \"\": must specify one of: "
                          "`configMapRef` or `secretRef`",
                          "spec.containers[0].envFrom[1].secretRef.name: Required value"));
}

TEST(ContainerRules, know_the_names_of_resources) {
  EXPECT_THAT(refused_container(R"("resources":{"limits":{"a.io/x":"1","cpu":"1","pods":"1"}})"),
              ElementsAre("spec.containers[0].resources.limits[pods]: Invalid value: \"pods\": "
                          "must be a standard resource for containers",
                          "spec.containers[0].resources.requests[pods]: Invalid value: \"pods\": "
                          "must be a standard resource for containers"));
}

TEST(HandlerRules, want_one_handler_and_numbers_that_are_not_negative) {
  EXPECT_THAT(refused_container(R"("livenessProbe":{"exec":{"command":["a"]},"grpc":{"port":1},
                                   "failureThreshold":-1,"successThreshold":2})"),
              ElementsAre("spec.containers[0].livenessProbe.grpc: Forbidden: may not specify more "
                          "than 1 handler type",
                          "spec.containers[0].livenessProbe.failureThreshold: Invalid value: -1: "
                          "must be greater than or equal to 0",
                          "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: "
                          "must be 1"));
  EXPECT_THAT(
      refused_container(
          R"("lifecycle":{"postStart":{"httpGet":{"port":1,"httpHeaders":[{"name":"a b"}]}}})"),
      ElementsAre("spec.containers[0].lifecycle.postStart.httpGet.httpHeaders: Invalid value: \"a "
                  "b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
                  "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"));
}

TEST(PlacementRules, check_terms_of_other_pods) {
  EXPECT_THAT(
      refused_pod(R"("affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":
          [{"weight":0,"podAffinityTerm":{"topologyKey":"z","labelSelector":
          {"matchExpressions":[{"key":"k","operator":"Gt","values":["1"]}]}}}]}})"),
      ElementsAre("spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]"
                  ".weight: Invalid value: 0: must be in the range 1-100",
                  "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]"
                  ".podAffinityTerm.labelSelector.matchExpressions[0].operator: Invalid value: "
                  "\"Gt\": not a valid selector operator"));
}

TEST(PlacementRules, tolerate_what_can_be_tolerated) {
  EXPECT_THAT(refused_pod(R"("tolerations":[{"operator":"Exists"},
                              {"key":"k","operator":"Exists","effect":"NoExecute",
                               "tolerationSeconds":-1}])"),
              IsEmpty());
}

TEST(HostRules, check_the_ends_of_identities) {
  EXPECT_THAT(refused_pod(R"("securityContext":{"runAsUser":0,"runAsGroup":2147483647})"),
              IsEmpty());
  EXPECT_THAT(refused_pod(R"("securityContext":{"supplementalGroups":[1,2147483648]})"),
              ElementsAre("spec.securityContext.supplementalGroups[1]: Invalid value: 2147483648: "
                          "must be between 0 and 2147483647, inclusive"));
}

TEST(HostRules, name_servers_by_address) {
  EXPECT_THAT(refused_pod(R"("dnsConfig":{"nameservers":["1.1.1.1","x"]})"),
              ElementsAre("spec.dnsConfig.nameservers[1]: Invalid value: \"x\": must be a valid IP "
                          "address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
  EXPECT_THAT(refused_pod(R"("dnsConfig":{"nameservers":["1.1.1.1","::1","::2","::3"]})"),
              ElementsAre("spec.dnsConfig.nameservers: Invalid value: "
                          "[\"1.1.1.1\",\"::1\",\"::2\",\"::3\"]: must not have more than 3 "
                          "nameservers"));
}

}  // namespace
}  // namespace signet::kinds
