#include "kinds/pod_references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

codec::Json pod_with(std::string_view spec) {
  auto document = codec::parse_json(cat(R"({"metadata":{"name":"p"},"spec":{)", spec, "}}"), {});
  EXPECT_TRUE(document) << spec;
  return document ? std::move(document->value) : codec::Json();
}

// "secret a", "configmap b", "claim c"
std::vector<std::string> references(std::string_view spec) {
  std::vector<std::string> out;
  for (const auto& [what, name] : references_of(pod_with(spec))) {
    const auto* const word = what == Referred::account      ? "account "
                             : what == Referred::secret     ? "secret "
                             : what == Referred::config_map ? "configmap "
                                                            : "claim ";
    out.push_back(word + name);
  }
  return out;
}

TEST(PodReferences, are_found_wherever_a_volume_can_have_one) {
  const struct {
    std::string_view source;
    std::string_view found;
  } rows[] = {
      {R"("secret":{"secretName":"a"})", "secret a"},
      {R"("azureFile":{"secretName":"a","shareName":"s"})", "secret a"},
      {R"("cephfs":{"monitors":["m"],"secretRef":{"name":"a"}})", "secret a"},
      {R"("cinder":{"volumeID":"v","secretRef":{"name":"a"}})", "secret a"},
      {R"("csi":{"driver":"d","nodePublishSecretRef":{"name":"a"}})", "secret a"},
      {R"("flexVolume":{"driver":"d","secretRef":{"name":"a"}})", "secret a"},
      {R"("iscsi":{"targetPortal":"t","secretRef":{"name":"a"}})", "secret a"},
      {R"("rbd":{"image":"i","secretRef":{"name":"a"}})", "secret a"},
      {R"("scaleIO":{"gateway":"g","secretRef":{"name":"a"}})", "secret a"},
      {R"("storageos":{"secretRef":{"name":"a"}})", "secret a"},
      {R"("configMap":{"name":"a"})", "configmap a"},
      {R"("persistentVolumeClaim":{"claimName":"a"})", "claim a"},
      {R"("ephemeral":{"volumeClaimTemplate":{}})", "claim p-v"},
      {R"("projected":{"sources":[{"secret":{"name":"a"}}]})", "secret a"},
      {R"("projected":{"sources":[{"configMap":{"name":"a"}}]})", "configmap a"},
  };
  for (const auto& [source, found] : rows) {
    EXPECT_THAT(references(cat(R"("volumes":[{"name":"v",)", source, "}]")), ElementsAre(found))
        << source;
  }
}

TEST(PodReferences, are_found_in_every_sort_of_container) {
  for (const auto* list : {"initContainers", "containers", "ephemeralContainers"}) {
    EXPECT_THAT(
        references(cat('"', std::string_view(list),
                       R"(":[{"name":"c","env":[{"name":"A","valueFrom":{"secretKeyRef":)"
                       R"({"name":"a","key":"k"}}},{"name":"B","valueFrom":{"configMapKeyRef":)"
                       R"({"name":"b","key":"k"}}}],"envFrom":[{"secretRef":{"name":"c"}},)"
                       R"({"configMapRef":{"name":"d"}}]}])")),
        UnorderedElementsAre("secret a", "configmap b", "secret c", "configmap d"))
        << list;
  }
  EXPECT_THAT(references(R"("imagePullSecrets":[{"name":"a"},{"name":"b"}])"),
              ElementsAre("secret a", "secret b"));
}

TEST(PodReferences, the_account_is_one_whether_its_token_is_mounted_or_not) {
  EXPECT_THAT(references(R"("serviceAccountName":"a","automountServiceAccountToken":false)"),
              ElementsAre("account a"));
}

std::vector<std::string> index_keys(std::string_view pod) {
  std::vector<std::string> keys;
  index_references(codec::parse_json(pod, {})->value, keys);
  return keys;
}

TEST(PodIndex, has_what_a_bound_pod_names_under_its_node) {
  constexpr std::string_view spec =
      R"("serviceAccountName":"a","imagePullSecrets":[{"name":"s"}],"volumes":[)"
      R"({"name":"v","configMap":{"name":"c"}},)"
      R"({"name":"w","persistentVolumeClaim":{"claimName":"d"}}])";
  EXPECT_THAT(index_keys(cat(R"({"metadata":{"name":"p","namespace":"n"},"spec":{"nodeName":"n1",)",
                             spec, "}}")),
              UnorderedElementsAre(reference_key("n1", Referred::account, "n", "a"),
                                   reference_key("n1", Referred::secret, "n", "s"),
                                   reference_key("n1", Referred::config_map, "n", "c"),
                                   reference_key("n1", Referred::claim, "n", "d")));
  EXPECT_THAT(index_keys(cat(R"({"metadata":{"name":"p","namespace":"n"},"spec":{)", spec, "}}")),
              IsEmpty());
  EXPECT_THAT(index_keys(cat(R"({"metadata":{"name":"p","namespace":"n","annotations":)",
                             R"({"kubernetes.io/config.mirror":"x"}},"spec":{"nodeName":"n1",)",
                             spec, "}}")),
              IsEmpty());
}

TEST(PodIndex, takes_no_name_for_another_in_another_place) {
  for (const auto& key : index_keys(R"({"metadata":{"name":"p","namespace":"n"},"spec":{)"
                                    R"("nodeName":"n1","imagePullSecrets":[)"
                                    R"({"name":"x/secret/kube-system/root"},{"name":""}]}})")) {
    EXPECT_NE(key, reference_key("n1/secret/n/x", Referred::secret, "kube-system", "root"));
    EXPECT_NE(key, reference_key("n1", Referred::secret, "n/x", "secret/kube-system/root"));
    EXPECT_NE(key, reference_key("n1", Referred::secret, "n", "x/secret/kube-system/root"));
  }
  EXPECT_EQ(reference_key("n1/x", Referred::secret, "n", "s"), "");
}

TEST(PodReferences, do_not_count_without_a_name_or_where_nothing_can_be_named) {
  EXPECT_THAT(references(""), IsEmpty());
  EXPECT_THAT(references(R"("imagePullSecrets":[{}],"volumes":[{"name":"v","secret":{}}])"),
              IsEmpty());
  EXPECT_THAT(references(R"("nodeSelector":{"secretName":"a"},"volumes":[{"name":"v",)"
                         R"("projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}])"),
              IsEmpty());
  EXPECT_THAT(references(R"("volumes":7,"containers":[8],"imagePullSecrets":{"name":"a"})"),
              IsEmpty())
      << "what was never checked against a schema";
}

TEST(PodReferences, are_asked_for_by_sort) {
  const auto pod = pod_with(R"("imagePullSecrets":[{"name":"a"}])");
  EXPECT_TRUE(refers_to_any(pod, Referred::secret));
  EXPECT_FALSE(refers_to_any(pod, Referred::config_map));
  EXPECT_FALSE(refers_to_any(pod, Referred::claim));
}

}  // namespace
}  // namespace signet::kinds
