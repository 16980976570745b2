#include "kinds/pod_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/test_support.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// The errors of a pod with this spec, after the defaults.
Texts refused(std::string_view spec) {
  return validated(pod, defaulted(pod, cat(R"({"spec":)", spec, '}')));
}

// The errors of a pod whose only container has these members beside its name and image.
Texts refused_container(std::string_view members, std::string_view volumes = "[]") {
  return refused(
      cat(R"({"volumes":)", volumes, R"(,"containers":[{"name":"c","image":"i",)", members, "}]}"));
}

// The errors of a pod with this volume as its only one.
Texts refused_volume(std::string_view volume) {
  return refused(cat(R"({"volumes":[)", volume, R"(],"containers":[{"name":"c","image":"i"}]})"));
}

Texts refused_sources(std::string_view sources) {
  return refused_volume(cat(R"({"name":"v","projected":{"sources":)", sources, "}}"));
}

TEST(PodRules, accept_an_ordinary_pod) {
  EXPECT_THAT(refused_container(
                  R"("ports":[{"name":"http","containerPort":80}],
                     "env":[{"name":"A","value":"b"},
                            {"name":"N","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}},
                            {"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
                     "resources":{"limits":{"cpu":"1"},"requests":{"cpu":"500m"}},
                     "volumeMounts":[{"name":"v","mountPath":"/v","subPath":"a/b"}])",
                  R"([{"name":"v","emptyDir":{}}])"),
              IsEmpty());
}

TEST(PodRules, need_a_container) {
  EXPECT_THAT(refused(R"({"containers":[]})"), ElementsAre("spec.containers: Required value"));
}

TEST(PodRules, need_a_name_and_an_image) {
  EXPECT_THAT(refused(R"({"containers":[{}]})"),
              ElementsAre("spec.containers[0].name: Required value",
                          "spec.containers[0].image: Required value"));
}

TEST(PodRules, refuse_one_name_for_two_containers) {
  EXPECT_THAT(refused(R"({"containers":[{"name":"c","image":"i"}],
                          "initContainers":[{"name":"c","image":"i"}]})"),
              ElementsAre("spec.initContainers[0].name: Duplicate value: \"c\""));
}

TEST(PodRules, refuse_words_they_do_not_know) {
  EXPECT_THAT(
      refused(R"({"restartPolicy":"Odd","dnsPolicy":"Odd",
                  "containers":[{"name":"c","image":"i","imagePullPolicy":"Odd"}]})"),
      ElementsAre("spec.containers[0].imagePullPolicy: Unsupported value: \"Odd\": supported "
                  "values: \"Always\", \"IfNotPresent\", \"Never\"",
                  "spec.restartPolicy: Unsupported value: \"Odd\": supported values: \"Always\", "
                  "\"OnFailure\", \"Never\"",
                  "spec.dnsPolicy: Unsupported value: \"Odd\": supported values: \"ClusterFirst\", "
                  "\"ClusterFirstWithHostNet\", \"Default\", \"None\""));
}

TEST(PodRules, need_the_volume_that_is_mounted) {
  EXPECT_THAT(refused_container(R"("volumeMounts":[{"name":"zzz","mountPath":"/x"}])"),
              ElementsAre("spec.containers[0].volumeMounts[0].name: Not found: \"zzz\""));
}

TEST(PodRules, need_a_place_for_each_mount) {
  EXPECT_THAT(refused_container(R"("volumeMounts":[{"name":"v","mountPath":"/x"},
                                    {"name":"v","mountPath":"/x"},{"name":"v"}])",
                                R"([{"name":"v"}])"),
              ElementsAre("spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/x\": "
                          "must be unique",
                          "spec.containers[0].volumeMounts[2].mountPath: Required value"));
}

TEST(PodRules, keep_a_sub_path_inside_the_volume) {
  EXPECT_THAT(
      refused_container(R"("volumeMounts":[{"name":"v","mountPath":"/x","subPath":"../y"}])",
                        R"([{"name":"v"}])"),
      ElementsAre("spec.containers[0].volumeMounts[0].subPath: Invalid value: \"../y\": "
                  "must not contain '..'"));
}

TEST(PodRules, check_the_ends_of_the_range_of_ports) {
  EXPECT_THAT(refused_container(R"("ports":[{"containerPort":1},{"containerPort":65535}])"),
              IsEmpty());
  EXPECT_THAT(refused_container(R"("ports":[{"containerPort":65536},{"containerPort":-1},{}])"),
              ElementsAre("spec.containers[0].ports[0].containerPort: Invalid value: 65536: must "
                          "be between 1 and 65535, inclusive",
                          "spec.containers[0].ports[1].containerPort: Invalid value: -1: must be "
                          "between 1 and 65535, inclusive",
                          "spec.containers[0].ports[2].containerPort: Required value"));
}

TEST(PodRules, check_where_a_variable_comes_from) {
  EXPECT_THAT(
      refused_container(R"("env":[{"value":"x"},
        {"name":"a","value":"x","valueFrom":{"secretKeyRef":{"key":"bad key"}}},
        {"name":"b","valueFrom":{}}])"),
      ElementsAre(
          "spec.containers[0].env[0].name: Required value",
          "spec.containers[0].env[1].valueFrom.secretKeyRef.name: Required value",
          StartsWith("spec.containers[0].env[1].valueFrom.secretKeyRef.key: Invalid value: \"bad "
                     "key\": a valid config key"),
          "spec.containers[0].env[1].valueFrom: Invalid value: \"\": may not be specified when "
          "`value` is not empty",
          "spec.containers[0].env[2].valueFrom: Invalid value: \"\": must specify one of: "
          "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"));
}

TEST(PodRules, refuse_to_request_more_than_the_limit) {
  EXPECT_THAT(refused_container(R"("resources":{"limits":{"cpu":"1"},"requests":{"cpu":"1001m"}})"),
              ElementsAre("spec.containers[0].resources.requests: Invalid value: \"1001m\": must "
                          "be less than or equal to cpu limit of 1"));
}

TEST(PodRules, refuse_containers_that_only_a_running_pod_gets) {
  EXPECT_THAT(refused(R"({"containers":[{"name":"c","image":"i"}],
                          "ephemeralContainers":[{"name":"e","image":"i"}]})"),
              ElementsAre("spec.ephemeralContainers: Forbidden: cannot be set on create"));
}

TEST(PodRules, check_the_ends_of_the_deadline) {
  constexpr std::string_view rest = R"("containers":[{"name":"c","image":"i"}]})";
  EXPECT_THAT(refused(cat(R"({"activeDeadlineSeconds":1,)", rest)), IsEmpty());
  EXPECT_THAT(refused(cat(R"({"activeDeadlineSeconds":0,)", rest)),
              ElementsAre("spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and "
                          "2147483647, inclusive"));
}

TEST(PodRules, refuse_an_account_that_cannot_exist) {
  EXPECT_THAT(refused(R"({"serviceAccountName":"Bad_Name",
                          "containers":[{"name":"c","image":"i"}]})"),
              ElementsAre(StartsWith("spec.serviceAccountName: Invalid value: \"Bad_Name\": a "
                                     "lowercase RFC 1123 subdomain")));
}

TEST(VolumeRules, need_a_name_and_not_twice) {
  EXPECT_THAT(refused(R"({"volumes":[{"emptyDir":{}},{"name":"v"},{"name":"v"}],
                          "containers":[{"name":"c","image":"i"}]})"),
              ElementsAre("spec.volumes[0].name: Required value",
                          "spec.volumes[2].name: Duplicate value: \"v\""));
}

TEST(VolumeRules, accept_one_source) {
  EXPECT_THAT(
      refused_volume(R"({"name":"v","emptyDir":{},"secret":{"secretName":"s"}})"),
      ElementsAre("spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type"));
}

TEST(VolumeRules, need_what_is_mounted) {
  EXPECT_THAT(refused_volume(R"({"name":"v","secret":{}})"),
              ElementsAre("spec.volumes[0].secret.secretName: Required value"));
  EXPECT_THAT(refused_volume(R"({"name":"v","configMap":{"items":[{"mode":0}]}})"),
              ElementsAre("spec.volumes[0].configMap.name: Required value",
                          "spec.volumes[0].configMap.items[0].key: Required value",
                          "spec.volumes[0].configMap.items[0].path: Required value"));
  EXPECT_THAT(refused_volume(R"({"name":"v","hostPath":{}})"),
              ElementsAre("spec.volumes[0].hostPath.path: Required value"));
}

TEST(VolumeRules, check_the_ends_of_modes) {
  EXPECT_THAT(refused_volume(R"({"name":"v","projected":{"defaultMode":511}})"), IsEmpty());
  EXPECT_THAT(refused_volume(R"({"name":"v","projected":{"defaultMode":512}})"),
              ElementsAre("spec.volumes[0].projected.defaultMode: Invalid value: 512: must be a "
                          "number between 0 and 0777 (octal), both inclusive"));
  EXPECT_THAT(
      refused_sources(R"([{"secret":{"name":"s","items":[
                                   {"key":"k","path":"p","mode":-1}]}}])"),
      ElementsAre("spec.volumes[0].projected.sources[0].secret.items[0].mode: Invalid "
                  "value: -1: must be a number between 0 and 0777 (octal), both inclusive"));
}

TEST(ProjectedVolume, checks_the_ends_of_the_life_of_a_token) {
  const auto with = [](std::string_view seconds) {
    return refused_sources(
        cat(R"([{"serviceAccountToken":{"path":"t","expirationSeconds":)", seconds, "}}]"));
  };
  constexpr std::string_view path =
      "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds";
  EXPECT_THAT(with("600"), IsEmpty());
  EXPECT_THAT(with("599"),
              ElementsAre(cat(path,
                              ": Invalid value: 599: may not specify a duration less than 10 "
                              "minutes")));
  EXPECT_THAT(with("4294967296"), IsEmpty());
  EXPECT_THAT(with("4294967297"),
              ElementsAre(cat(path,
                              ": Invalid value: 4294967297: may not specify a duration "
                              "larger than 2^32 seconds")));
}

TEST(ProjectedVolume, needs_a_path_for_its_token) {
  EXPECT_THAT(refused_sources(R"([{"serviceAccountToken":{"path":""}}])"),
              ElementsAre("spec.volumes[0].projected.path: Required value"));
}

TEST(ProjectedVolume, keeps_its_paths_inside) {
  constexpr std::string_view token = R"([{"serviceAccountToken":{"path":")";
  EXPECT_THAT(refused_sources(cat(token, R"(../x"}}])")),
              ElementsAre("spec.volumes[0].projected.path: Invalid value: \"../x\": must not "
                          "contain '..'"));
  EXPECT_THAT(refused_sources(cat(token, R"(/x"}}])")),
              ElementsAre("spec.volumes[0].projected.path: Invalid value: \"/x\": must be a "
                          "relative path"));
  EXPECT_THAT(refused_sources(R"([{"configMap":{"name":"c","items":[
                                   {"key":"k","path":"..x"}]}}])"),
              ElementsAre("spec.volumes[0].projected.sources[0].configMap.items[0].path: Invalid "
                          "value: \"..x\": must not start with '..'"));
  EXPECT_THAT(refused_sources(cat(token, R"(a..b/...c"}}])")), IsEmpty());
}

TEST(ProjectedVolume, gives_each_path_to_one_source) {
  EXPECT_THAT(refused_sources(R"([{"secret":{"name":"s","items":[{"key":"k","path":"a"}]}},
                                  {"configMap":{"name":"c","items":[{"key":"k","path":"a"}]}}])"),
              ElementsAre("spec.volumes[0].projected: Invalid value: \"a\": conflicting duplicate "
                          "paths"));
}

TEST(ProjectedVolume, counts_the_files_of_tokens_and_certificates_too) {
  constexpr std::string_view duplicate =
      "spec.volumes[0].projected: Invalid value: \"a\": conflicting duplicate paths";
  EXPECT_THAT(refused_sources(R"([{"serviceAccountToken":{"path":"a"}},
                                  {"configMap":{"name":"c","items":[{"key":"k","path":"a"}]}}])"),
              ElementsAre(duplicate));
  EXPECT_THAT(refused_sources(R"([{"serviceAccountToken":{"path":"a"}},
                                  {"serviceAccountToken":{"path":"a","audience":"x"}}])"),
              ElementsAre(duplicate));
  EXPECT_THAT(refused_sources(R"([{"serviceAccountToken":{"path":"./d//a"}},
                                  {"serviceAccountToken":{"path":"d/a"}}])"),
              ElementsAre("spec.volumes[0].projected: Invalid value: \"d/a\": conflicting "
                          "duplicate paths"))
      << "one file, however it is written";
  EXPECT_THAT(refused_sources(R"([{"podCertificate":{"signerName":"s/t","keyType":"ED25519",
                                   "keyPath":"a","certificateChainPath":"a"}}])"),
              ElementsAre(duplicate));
  EXPECT_THAT(refused_sources(R"([{"podCertificate":{"signerName":"s/t","keyType":"ED25519",
                                   "credentialBundlePath":"../a"}}])"),
              ElementsAre("spec.volumes[0].projected.sources[0].podCertificate."
                          "credentialBundlePath: Invalid value: \"../a\": must not contain '..'"));
  EXPECT_THAT(refused_sources(R"([{"serviceAccountToken":{"path":"a"}},
                                  {"serviceAccountToken":{"path":"b"}}])"),
              IsEmpty());
}

TEST(ProjectedVolume, has_paths_that_can_be_written) {
  const auto with = [](const std::string& path) {
    return refused_sources(cat(R"([{"serviceAccountToken":{"path":")", path, R"("}}])"));
  };
  const std::string name(255, 'n');
  EXPECT_THAT(with(name + "/" + name), IsEmpty());
  EXPECT_THAT(with(name + "n"),
              ElementsAre(cat("spec.volumes[0].projected.path: Invalid value: \"", name,
                              "n\": filenames must be less than or equal to 255 characters")));
  std::string path = name;
  while (path.size() < 4096) append(path, '/', name);
  path.resize(4096);
  EXPECT_THAT(with(path), IsEmpty());
  EXPECT_THAT(with(path + "x"), ElementsAre("spec.volumes[0].projected.path: Too long: may not be "
                                            "more than 4096 bytes"));
}

TEST(ProjectedVolume, has_one_type_a_source) {
  EXPECT_THAT(refused_sources(R"([{"secret":{"name":"s"},"configMap":{"name":"c"}}])"),
              ElementsAre("spec.volumes[0].projected.sources[0]: Forbidden: may not specify more "
                          "than 1 volume type"));
}

TEST(ProjectedVolume, names_what_it_takes_from) {
  EXPECT_THAT(refused_sources(R"([{"configMap":{}}])"),
              ElementsAre("spec.volumes[0].projected.sources[0].configMap.name: Required value"));
}

TEST(DownwardApi, gives_metadata_only) {
  const auto with = [](std::string_view path) {
    return refused_sources(cat(R"([{"downwardAPI":{"items":[{"path":"p","fieldRef":{"fieldPath":")",
                               path, R"("}}]}}])"));
  };
  constexpr std::string_view at =
      "spec.volumes[0].projected.sources[0].downwardAPI.items[0].fieldRef";
  for (const auto path :
       {"metadata.namespace", "metadata.labels", "metadata.labels['a.io/b']",
        "metadata.annotations['k']", "metadata.annotations['A.io/K']", "metadata.uid"}) {
    EXPECT_THAT(with(path), IsEmpty()) << path;
  }
  EXPECT_THAT(with("spec.nodeName"),
              ElementsAre(cat(at,
                              ".fieldPath: Unsupported value: \"spec.nodeName\": supported "
                              "values: \"metadata.annotations\", \"metadata.labels\", "
                              "\"metadata.name\", \"metadata.namespace\", \"metadata.uid\"")));
  EXPECT_THAT(with("metadata.uid['k']"),
              ElementsAre(cat(at,
                              ".fieldPath: Invalid value: \"metadata.uid['k']\": error converting "
                              "fieldPath: field label does not support subscript: "
                              "metadata.uid['k']")));
  EXPECT_THAT(with("spec.bogus"),
              ElementsAre(cat(at,
                              ".fieldPath: Invalid value: \"spec.bogus\": error converting "
                              "fieldPath: field label not supported: spec.bogus")));
}

TEST(DownwardApi, takes_each_file_from_one_thing) {
  EXPECT_THAT(refused_sources(R"([{"downwardAPI":{"items":[{"path":"p"}]}}])"),
              ElementsAre("spec.volumes[0].projected.sources[0].downwardAPI.items[0]: Required "
                          "value: one of fieldRef and resourceFieldRef is required"));
}

constexpr std::string_view may_not_change =
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`, "
    "`spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only "
    "additions to existing tolerations)\n";

TEST(PodUpdate, may_change_images_and_shorten_the_deadline) {
  EXPECT_THAT(
      validated_update(
          pod, R"({"spec":{"containers":[{"name":"c","image":"b"}],"activeDeadlineSeconds":5}})",
          R"({"spec":{"containers":[{"name":"c","image":"a"}],"activeDeadlineSeconds":9}})"),
      IsEmpty());
}

TEST(PodUpdate, may_add_tolerations_but_not_take_them_away) {
  constexpr std::string_view one = R"({"spec":{"tolerations":[{"key":"a","operator":"Exists"}]}})";
  constexpr std::string_view two =
      R"({"spec":{"tolerations":[{"key":"a","operator":"Exists","tolerationSeconds":3},
                                 {"key":"b"}]}})";
  EXPECT_THAT(validated_update(pod, two, one), IsEmpty());
  EXPECT_THAT(validated_update(pod, one, two),
              ElementsAre("spec.tolerations: Forbidden: existing toleration can not be modified "
                          "except its tolerationSeconds"));
}

TEST(PodUpdate, may_not_change_the_account) {
  EXPECT_THAT(validated_update(pod, R"({"spec":{"serviceAccountName":"b","serviceAccount":"b"}})",
                               R"({"spec":{"serviceAccountName":"a","serviceAccount":"a"}})"),
              ElementsAre(cat(may_not_change,
                              "  changed: spec.serviceAccount, spec.serviceAccountName\n")));
}

TEST(PodUpdate, may_not_drop_the_volumes_that_admission_added) {
  EXPECT_THAT(validated_update(pod, R"({"spec":{}})",
                               R"({"spec":{"volumes":[{"name":"v","emptyDir":{}}]}})"),
              ElementsAre(cat(may_not_change, "  changed: spec.volumes\n")));
}

TEST(PodUpdate, may_not_lengthen_or_drop_the_deadline) {
  EXPECT_THAT(validated_update(pod, R"({"spec":{"activeDeadlineSeconds":10}})",
                               R"({"spec":{"activeDeadlineSeconds":9}})"),
              ElementsAre("spec.activeDeadlineSeconds: Invalid value: 10: must be less than or "
                          "equal to previous value"));
  EXPECT_THAT(validated_update(pod, R"({"spec":{}})", R"({"spec":{"activeDeadlineSeconds":9}})"),
              ElementsAre("spec.activeDeadlineSeconds: Invalid value: \"null\": must not update "
                          "from a positive integer to nil value"));
}

TEST(PodUpdate, may_not_add_containers) {
  EXPECT_THAT(validated_update(pod, R"({"spec":{"containers":[{"name":"a"},{"name":"b"}]}})",
                               R"({"spec":{"containers":[{"name":"a"}]}})"),
              ElementsAre("spec.containers: Forbidden: pod updates may not add or remove "
                          "containers"));
}

TEST(PodUpdate, may_repair_a_negative_grace_period) {
  EXPECT_THAT(validated_update(pod, R"({"spec":{"terminationGracePeriodSeconds":1}})",
                               R"({"spec":{"terminationGracePeriodSeconds":-5}})"),
              IsEmpty());
  EXPECT_THAT(validated_update(pod, R"({"spec":{"terminationGracePeriodSeconds":1}})",
                               R"({"spec":{"terminationGracePeriodSeconds":5}})"),
              ElementsAre(cat(may_not_change, "  changed: spec.terminationGracePeriodSeconds\n")));
}

TEST(PodGrace, is_what_was_asked_for_or_what_the_pod_says) {
  using std::chrono::seconds;
  const auto object = parse(R"({"spec":{"nodeName":"n","terminationGracePeriodSeconds":7}})");
  EXPECT_EQ(pod.deletion_grace(object, std::nullopt), seconds{7});
  EXPECT_EQ(pod.deletion_grace(object, seconds{3}), seconds{3});
  EXPECT_EQ(pod.deletion_grace(object, seconds{0}), seconds{0});
  EXPECT_EQ(pod.deletion_grace(object, seconds{-1}), seconds{1});
  EXPECT_EQ(pod.deletion_grace(parse(R"({"spec":{"nodeName":"n"}})"), std::nullopt), seconds{30});
}

TEST(PodGrace, is_none_for_a_pod_that_no_node_runs) {
  using std::chrono::seconds;
  for (const auto text :
       {R"({"spec":{}})", R"({"spec":{"nodeName":"n"},"status":{"phase":"Failed"}})",
        R"({"spec":{"nodeName":"n"},"status":{"phase":"Succeeded"}})"}) {
    EXPECT_EQ(pod.deletion_grace(parse(text), seconds{30}), seconds{0}) << text;
  }
}

}  // namespace
}  // namespace signet::kinds
