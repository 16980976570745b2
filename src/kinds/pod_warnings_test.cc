#include "kinds/pod_warnings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> warnings_of(std::string_view pod) {
  std::vector<std::string> out;
  warn_of_pod(parse(pod), out);
  return out;
}

std::vector<std::string> warnings_of_spec(std::string_view members) {
  return warnings_of(cat(R"({"metadata":{"name":"p"},"spec":{)", members, "}}"));
}

std::vector<std::string> warnings_of_container(std::string_view members) {
  return warnings_of_spec(cat(R"("containers":[{"name":"c",)", members, "}]"));
}

TEST(PodWarnings, say_nothing_of_an_ordinary_pod) {
  EXPECT_THAT(warnings_of_container(
                  R"("image":"i","env":[{"name":"A","value":"1"},{"name":"A","value":"$(A)2"}],)"
                  R"("ports":[{"containerPort":80,"protocol":"TCP"},)"
                  R"({"containerPort":80,"protocol":"UDP"}],)"
                  R"("resources":{"limits":{"memory":"1.5Gi","cpu":"100m"}})"),
              IsEmpty());
}

TEST(PodWarnings, tell_of_a_name_that_is_no_host_name) {
  EXPECT_THAT(warnings_of(R"({"metadata":{"name":"a.b"}})"),
              ElementsAre("metadata.name: this is used in the Pod's hostname, which can result in "
                          "surprising behavior; a DNS label is recommended: [a lowercase RFC 1123 "
                          "label must consist of lower case alphanumeric characters or '-', and "
                          "must start and end with an alphanumeric character (e.g. 'my-name',  or "
                          "'123-abc', regex used for validation is "
                          "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')]"));
}

TEST(PodWarnings, tell_of_old_node_labels) {
  EXPECT_THAT(
      warnings_of_spec(
          R"("nodeSelector":{"beta.kubernetes.io/os":"linux"},"affinity":{"nodeAffinity":{)"
          R"("requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[)"
          R"({"matchExpressions":[{"key":"beta.kubernetes.io/arch"}]}]}}},)"
          R"("topologySpreadConstraints":[{"topologyKey":"app.kubernetes.io/created-by"}])"),
      ElementsAre("spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "
                  "\"kubernetes.io/os\" instead",
                  "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
                  "nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is "
                  "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
                  "spec.topologySpreadConstraints[0].topologyKey: app.kubernetes.io/created-by is "
                  "deprecated since v1.9",
                  "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results "
                  "in matching no pod"));
}

TEST(PodWarnings, tell_of_selectors_that_match_no_pod) {
  EXPECT_THAT(warnings_of_spec(R"("affinity":{"podAffinity":{)"
                               R"("requiredDuringSchedulingIgnoredDuringExecution":[{}]},)"
                               R"("podAntiAffinity":{)"
                               R"("preferredDuringSchedulingIgnoredDuringExecution":[{}]}})"),
              ElementsAre("spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution"
                          "[0].labelSelector: a null labelSelector results in matching no pod",
                          "spec.affinity.podAntiAffinity."
                          "preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm."
                          "labelSelector: a null labelSelector results in matching no pod"));
}

TEST(PodWarnings, tell_of_annotations_that_do_nothing) {
  EXPECT_THAT(
      warnings_of(R"({"metadata":{"name":"p","annotations":{)"
                  R"("scheduler.alpha.kubernetes.io/critical-pod":"",)"
                  R"("seccomp.security.alpha.kubernetes.io/pod":"x",)"
                  R"("container.seccomp.security.alpha.kubernetes.io/c":"x"}},)"
                  R"("spec":{"containers":[{"name":"c"}]}})"),
      ElementsAre("metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: "
                  "non-functional in v1.16+; use the \"priorityClassName\" field instead",
                  "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional "
                  "in v1.27+; use the \"seccompProfile\" field instead",
                  "metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: "
                  "non-functional in v1.27+; use the \"seccompProfile\" field instead"));
}

TEST(PodWarnings, tell_of_old_volumes_and_of_files_in_the_way_of_a_token) {
  EXPECT_THAT(
      warnings_of_spec(R"("volumes":[{"gitRepo":{}},{"projected":{"sources":[)"
                       R"({"serviceAccountToken":{"path":"token"}},)"
                       R"({"configMap":{"items":[{"path":"a"},{"path":"token"}]}}]}}])"),
      ElementsAre("spec.volumes[0].gitRepo: deprecated in v1.11",
                  "spec.volumes[1].projected.sources.configMap[1]: has duplicated path with "
                  "ServiceAccountToken \"token\""));
}

TEST(PodWarnings, tell_of_what_is_named_twice) {
  EXPECT_THAT(warnings_of_spec(R"("hostAliases":[{"ip":"1.1.1.1"},{"ip":"1.1.1.1"}],)"
                               R"("imagePullSecrets":[{"name":"a"},{"name":"a"},{}])"),
              ElementsAre("spec.hostAliases[1].ip: duplicate ip \"1.1.1.1\"",
                          "spec.imagePullSecrets[1].name: duplicate name \"a\"",
                          "spec.imagePullSecrets[2].name: invalid empty name \"\""));
  EXPECT_THAT(
      warnings_of_container(R"("env":[{"name":"A","value":"1"},{"name":"A","value":"2"},)"
                            R"x({"name":"A","value":"$(A)"},{"name":"A","valueFrom":{}}])x"),
      testing::SizeIs(3));
  EXPECT_THAT(
      warnings_of_container(R"("env":[{"name":"A"},{"name":"A"}])"),
      ElementsAre("spec.containers[0].env[1]: hides previous definition of \"A\", which may "
                  "be dropped when using apply"));
}

TEST(PodWarnings, tell_of_parts_of_bytes) {
  EXPECT_THAT(warnings_of_container(
                  R"("resources":{"limits":{"memory":"100m"},"requests":{"memory":"1.5"}})"),
              ElementsAre("spec.containers[0].resources.limits[memory]: fractional byte value "
                          "\"100m\" is invalid, must be an integer",
                          "spec.containers[0].resources.requests[memory]: fractional byte value "
                          "\"1500m\" is invalid, must be an integer"));
}

TEST(PodWarnings, tell_of_ports_that_meet) {
  EXPECT_THAT(
      warnings_of_container(
          R"("ports":[{"containerPort":1,"protocol":"TCP"},{"containerPort":1,"protocol":"TCP"},)"
          R"({"containerPort":2,"protocol":"TCP"},)"
          R"({"containerPort":2,"hostPort":3,"protocol":"TCP"},)"
          R"({"containerPort":4,"hostPort":5,"protocol":"TCP"},)"
          R"({"containerPort":4,"hostPort":5,"hostIP":"1.1.1.1","protocol":"TCP"},)"
          R"({"name":"n","containerPort":6,"hostIP":"1.1.1.1","protocol":"TCP"}])"),
      ElementsAre("spec.containers[0].ports[1]: duplicate port definition with "
                  "spec.containers[0].ports[0]",
                  "spec.containers[0].ports[3]: overlapping port definition with "
                  "spec.containers[0].ports[2]",
                  "spec.containers[0].ports[5]: dangerously ambiguous port definition with "
                  "spec.containers[0].ports[4]",
                  "spec.containers[0].ports[6]: hostIP set without hostPort: {Name:n HostPort:0 "
                  "ContainerPort:6 Protocol:TCP HostIP:1.1.1.1}"));
}

TEST(PodWarnings, tell_of_a_negative_grace) {
  EXPECT_THAT(warnings_of_spec(R"("terminationGracePeriodSeconds":-5)"),
              ElementsAre("spec.terminationGracePeriodSeconds: must be >= 0; negative values are "
                          "invalid and will be treated as 1"));
}

}  // namespace
}  // namespace signet::kinds
