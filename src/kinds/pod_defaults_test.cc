#include "kinds/pod_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

constexpr std::string_view small_pod =
    R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"debian"}]}})";

TEST(PodDefaults, are_what_a_reader_sees_in_a_stored_pod) {
  EXPECT_EQ(prepared(pod, small_pod), parse(R"({"metadata":{"name":"a"},
    "spec":{"containers":[{"name":"c","image":"debian","imagePullPolicy":"Always","resources":{},
                           "terminationMessagePath":"/dev/termination-log",
                           "terminationMessagePolicy":"File"}],
      "restartPolicy":"Always","dnsPolicy":"ClusterFirst","schedulerName":"default-scheduler",
      "terminationGracePeriodSeconds":30,"enableServiceLinks":true,"securityContext":{}},
    "status":{"phase":"Pending","qosClass":"BestEffort"}})"));
}

TEST(PodDefaults, change_nothing_the_second_time) {
  const auto once = defaulted(pod, small_pod);
  EXPECT_EQ(defaulted(pod, codec::to_json(once)), once);
}

TEST(PodDefaults, keep_what_the_client_says) {
  const auto object = defaulted(pod, R"({"spec":{"restartPolicy":"Never","enableServiceLinks":false,
    "terminationGracePeriodSeconds":0}})");
  EXPECT_EQ(codec::string_at(object, "spec.restartPolicy"), "Never");
  EXPECT_EQ(codec::bool_at(object, "spec.enableServiceLinks"), false);
  EXPECT_EQ(codec::int_at(object, "spec.terminationGracePeriodSeconds"), 0);
}

TEST(PodDefaults, give_the_account_both_its_names) {
  for (const auto text :
       {R"({"spec":{"serviceAccountName":"web"}})", R"({"spec":{"serviceAccount":"web"}})",
        R"({"spec":{"serviceAccountName":"web","serviceAccount":"old"}})"}) {
    const auto object = defaulted(pod, text);
    EXPECT_EQ(codec::string_at(object, "spec.serviceAccountName"), "web") << text;
    EXPECT_EQ(codec::string_at(object, "spec.serviceAccount"), "web") << text;
  }
}

TEST(PodDefaults, name_no_account_where_there_is_none) {
  EXPECT_EQ(codec::find(defaulted(pod, small_pod), "spec.serviceAccount"), nullptr);
}

TEST(PodDefaults, pull_an_image_without_a_fixed_tag_always) {
  const auto policy = [](std::string_view image) {
    auto object = parse(small_pod);
    auto& container = codec::find(object, "spec.containers")->get_array()[0].get_object();
    container["image"] = image;
    pod.set_defaults(object);
    return std::string(
        codec::string_at(codec::array_at(object, "spec.containers")[0], "imagePullPolicy"));
  };
  EXPECT_EQ(policy("debian"), "Always");
  EXPECT_EQ(policy("debian:latest"), "Always");
  EXPECT_EQ(policy("debian:12"), "IfNotPresent");
  EXPECT_EQ(policy("registry:5000/debian"), "Always");
  EXPECT_EQ(policy("registry:5000/debian:12"), "IfNotPresent");
  EXPECT_EQ(policy("debian@sha256:0123"), "IfNotPresent");
  EXPECT_EQ(policy("debian:latest@sha256:0123"), "Always");
}

TEST(PodDefaults, fill_in_probes_ports_and_requests) {
  const auto object = defaulted(pod, R"({"spec":{"hostNetwork":true,"containers":[{"name":"c",
    "image":"a:1","ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}},
    "resources":{"limits":{"cpu":"1"}},
    "env":[{"name":"N","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
           {"name":"L","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}]}})");
  const auto& container = codec::array_at(object, "spec.containers")[0];
  EXPECT_EQ(container.at("ports"),
            parse(R"([{"containerPort":80,"protocol":"TCP","hostPort":80}])"));
  EXPECT_EQ(container.at("livenessProbe"),
            parse(R"({"httpGet":{"port":80,"path":"/","scheme":"HTTP"},"timeoutSeconds":1,
                      "periodSeconds":10,"successThreshold":1,"failureThreshold":3})"));
  EXPECT_EQ(container.at("resources"), parse(R"({"limits":{"cpu":"1"},"requests":{"cpu":"1"}})"));
  EXPECT_EQ(container.at("env"), parse(R"([
      {"name":"N","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},
      {"name":"L","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}}])"));
}

TEST(PodDefaults, fill_in_volumes) {
  const auto object = defaulted(pod, R"({"spec":{"volumes":[{"name":"a"},
    {"name":"b","hostPath":{"path":"/x"}},{"name":"c","secret":{"secretName":"s"}},
    {"name":"d","projected":{"sources":[{"serviceAccountToken":{"path":"t"}},
       {"downwardAPI":{"items":[{"path":"n","fieldRef":{"fieldPath":"metadata.name"}}]}}]}}]}})");
  EXPECT_EQ(object.at("spec").at("volumes"), parse(R"([{"name":"a","emptyDir":{}},
    {"name":"b","hostPath":{"path":"/x","type":""}},
    {"name":"c","secret":{"secretName":"s","defaultMode":420}},
    {"name":"d","projected":{"defaultMode":420,"sources":[
       {"serviceAccountToken":{"path":"t","expirationSeconds":3600}},
       {"downwardAPI":{"items":[{"path":"n",
          "fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}]}}]}}])"));
}

TEST(PodDefaults, keep_an_expiration_of_zero_for_validation_to_refuse) {
  const auto object = defaulted(pod, R"({"spec":{"volumes":[{"name":"d","projected":
      {"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":0}}]}}]}})");
  const auto& volume = codec::array_at(object, "spec.volumes")[0];
  EXPECT_EQ(codec::int_at(codec::array_at(volume, "projected.sources")[0],
                          "serviceAccountToken.expirationSeconds"),
            0);
}

TEST(PodDefaults, survive_values_of_the_wrong_type) {
  auto object = parse(R"({"spec":{"containers":[1,{"name":2,"ports":3,"env":[{"valueFrom":4}]}],
                          "volumes":{"a":1}}})");
  pod.set_defaults(object);
  EXPECT_EQ(codec::string_at(object, "spec.restartPolicy"), "Always");
}

std::string_view qos(std::string_view containers) {
  return qos_class(parse(cat(R"({"spec":{"containers":)", containers, "}}")));
}

TEST(QosClass, is_guaranteed_when_limits_equal_requests_everywhere) {
  EXPECT_EQ(qos(R"([{"resources":{"limits":{"cpu":"500m","memory":"1Gi"},
                                  "requests":{"cpu":0.5,"memory":"1024Mi"}}}])"),
            "Guaranteed");
}

TEST(QosClass, is_burstable_when_something_is_missing_or_differs) {
  EXPECT_EQ(qos(R"([{"resources":{"requests":{"cpu":"1"}}}])"), "Burstable");
  EXPECT_EQ(qos(R"([{"resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1"}}}])"), "Burstable");
  EXPECT_EQ(qos(R"([{"resources":{"limits":{"cpu":"1","memory":"1"},
                                  "requests":{"cpu":"1","memory":"1"}}},{}])"),
            "Burstable");
  EXPECT_EQ(qos(R"([{"resources":{"limits":{"cpu":"2","memory":"1"},
                                  "requests":{"cpu":"1","memory":"1"}}}])"),
            "Burstable");
}

TEST(QosClass, is_best_effort_without_any) {
  EXPECT_EQ(qos("[{}]"), "BestEffort");
  EXPECT_EQ(qos(R"([{"resources":{"requests":{"cpu":"0","nvidia.com/gpu":"1"}}}])"), "BestEffort");
}

TEST(Quantity, is_read_with_every_suffix) {
  EXPECT_EQ(quantity_value("1"), 1.0);
  EXPECT_EQ(quantity_value("+1.5"), 1.5);
  EXPECT_EQ(quantity_value("250m"), 0.25);
  EXPECT_EQ(quantity_value("2k"), 2000.0);
  EXPECT_EQ(quantity_value("2Ki"), 2048.0);
  EXPECT_EQ(quantity_value("1e3"), 1000.0);
  EXPECT_EQ(quantity_value("1E"), 1e18);
  EXPECT_EQ(quantity_value(codec::Json(7)), 7.0);
}

TEST(Quantity, that_is_none_has_no_value) {
  for (const auto text : {"", "x", "1x", "Ki", "1 Ki"}) {
    EXPECT_EQ(quantity_value(text), std::nullopt) << text;
  }
  EXPECT_EQ(quantity_value(codec::Json(true)), std::nullopt);
}

}  // namespace
}  // namespace signet::kinds
