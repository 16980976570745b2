#include "access/service_account_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_fixture_for_tests.h"

namespace signet::access {
namespace {

using fixture::Cluster;
using fixture::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class PodAdmission : public testing::Test {
 protected:
  Cluster cluster;

  static std::vector<std::string> mounts(const Reply& pod) {
    std::vector<std::string> out;
    const auto object = pod.json();
    for (const auto* list : {"spec.initContainers", "spec.containers"}) {
      for (const auto& container : codec::array_at(object, list)) {
        for (const auto& mount : codec::array_at(container, "volumeMounts")) {
          out.push_back(cat(codec::string_at(container, "name"), ' ',
                            codec::string_at(mount, "name").substr(0, 16), ' ',
                            codec::bool_at(mount, "readOnly").value_or(false) ? "ro " : "rw ",
                            codec::string_at(mount, "mountPath")));
        }
      }
    }
    return out;
  }
  static std::size_t volumes(const Reply& pod) {
    return codec::array_at(pod.json(), "spec.volumes").size();
  }
};

constexpr std::string_view path = "/var/run/secrets/kubernetes.io/serviceaccount";

TEST_F(PodAdmission, a_pod_runs_as_default_unless_it_says_otherwise_in_either_field) {
  const auto pod = cluster.pod("p");
  EXPECT_EQ(pod.at("spec.serviceAccountName"), "default");
  EXPECT_EQ(pod.at("spec.serviceAccount"), "default");
  cluster.make_account("s1");
  const auto old_form = cluster.pod("q", R"(,"serviceAccount":"s1")");
  EXPECT_EQ(old_form.at("spec.serviceAccountName"), "s1");
  EXPECT_EQ(old_form.at("spec.serviceAccount"), "s1");
}

TEST_F(PodAdmission, the_token_volume_is_exactly_this) {
  const auto pod = cluster.pod("p");
  const auto object = pod.json();
  const auto& list = codec::array_at(object, "spec.volumes");
  ASSERT_EQ(list.size(), 1U);
  EXPECT_THAT(
      codec::to_json(list[0]),
      MatchesRegex(
          "\\{\"name\":\"kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}\",\"projected\":"
          "\\{\"sources\":\\[\\{\"serviceAccountToken\":\\{\"expirationSeconds\":3607,\"path\":"
          "\"token\"\\}\\},\\{\"configMap\":\\{\"name\":\"kube-root-ca.crt\",\"items\":\\[\\{"
          "\"key\":\"ca.crt\",\"path\":\"ca.crt\"\\}\\]\\}\\},\\{\"downwardAPI\":\\{\"items\":"
          "\\[\\{\"path\":\"namespace\",\"fieldRef\":\\{\"apiVersion\":\"v1\",\"fieldPath\":"
          "\"metadata.namespace\"\\}\\}\\]\\}\\}\\],\"defaultMode\":420\\}\\}"));
}

TEST_F(PodAdmission, the_pod_decides_about_mounting_before_the_account) {
  cluster.make_account("no", R"(,"automountServiceAccountToken":false)");
  EXPECT_EQ(volumes(cluster.pod("a", R"(,"serviceAccountName":"no")")), 0U);
  EXPECT_EQ(volumes(cluster.pod(
                "b", R"(,"serviceAccountName":"no","automountServiceAccountToken":true)")),
            1U);
  EXPECT_EQ(volumes(cluster.pod("c", R"(,"automountServiceAccountToken":false)")), 0U);
}

TEST_F(PodAdmission, every_container_gets_the_mount_and_the_pod_one_volume) {
  const auto pod = cluster.api.post(
      "/api/v1/namespaces/default/pods",
      R"({"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"i","image":"x"}],)"
      R"("containers":[{"name":"a","image":"x"},{"name":"b","image":"x"}]}})");
  EXPECT_THAT(mounts(pod),
              ElementsAre(cat("i kube-api-access- ro ", path), cat("a kube-api-access- ro ", path),
                          cat("b kube-api-access- ro ", path)));
  EXPECT_EQ(volumes(pod), 1U);
}

TEST_F(PodAdmission, a_container_that_has_something_there_is_left_alone) {
  const auto pod = cluster.api.post(
      "/api/v1/namespaces/default/pods",
      cat(R"({"metadata":{"name":"p"},"spec":{"volumes":[{"name":"v","emptyDir":{}}],)",
          R"("containers":[{"name":"a","image":"x","volumeMounts":[{"name":"v","mountPath":")",
          path, R"("}]}]}})"));
  EXPECT_THAT(mounts(pod), ElementsAre(cat("a v rw ", path)));
  EXPECT_EQ(volumes(pod), 1U) << "and no volume that nobody mounts";
}

TEST_F(PodAdmission, a_volume_of_that_name_is_used_as_it_is) {
  const auto pod =
      cluster.pod("p", R"(,"volumes":[{"name":"kube-api-access-mine","emptyDir":{}}])");
  EXPECT_EQ(volumes(pod), 1U);
  EXPECT_THAT(mounts(pod), ElementsAre(cat("c kube-api-access- ro ", path)));
}

TEST_F(PodAdmission, pull_secrets_of_the_account_are_for_pods_without_their_own) {
  cluster.make_account("s", R"(,"imagePullSecrets":[{"name":"one"},{"name":"two"}])");
  EXPECT_EQ(cluster.pod("a", R"(,"serviceAccountName":"s")").at("spec.imagePullSecrets"),
            R"([{"name":"one"},{"name":"two"}])");
  EXPECT_EQ(cluster.pod("b", R"(,"serviceAccountName":"s","imagePullSecrets":[{"name":"own"}])")
                .at("spec.imagePullSecrets"),
            R"([{"name":"own"}])");
}

TEST_F(PodAdmission, an_account_that_is_missing_is_told_with_the_name_or_base) {
  EXPECT_EQ(
      cluster.pod("p", R"(,"serviceAccountName":"missing")").refusal(),
      R"(403 Forbidden pods "p" is forbidden: error looking up service account default/missing: serviceaccount "missing" not found)");
  const auto base = cluster.api.post(
      "/api/v1/namespaces/default/pods",
      R"({"metadata":{"generateName":"gen-"},"spec":{"serviceAccountName":"missing",)"
      R"("containers":[{"name":"c","image":"i"}]}})");
  EXPECT_THAT(base.refusal(), HasSubstr(R"(pods "gen-" is forbidden: )"));
  EXPECT_EQ(base.at("details"), R"({"name":"gen-","kind":"pods"})");
}

TEST_F(PodAdmission, the_default_account_of_a_new_namespace_is_awaited) {
  cluster.make("/api/v1/namespaces", R"({"metadata":{"name":"new"}})");
  auto pod = std::async(std::launch::async, [&] {
    return cluster.api.post("/api/v1/namespaces/new/pods", Cluster::pod_json("p"));
  });
  cluster.make("/api/v1/namespaces/new/serviceaccounts", R"({"metadata":{"name":"default"}})");
  EXPECT_EQ(pod.get().status, 201);
}

TEST_F(PodAdmission, an_account_may_allow_only_the_secrets_it_lists) {
  cluster.make_account("ems", "");
  cluster.api.patch(
      "/api/v1/namespaces/default/serviceaccounts/ems", "merge-patch",
      R"({"metadata":{"annotations":{"kubernetes.io/enforce-mountable-secrets":"true"}},)"
      R"("secrets":[{"name":"good"}],"imagePullSecrets":[{"name":"pull"}]})");
  int count = 0;
  const auto try_pod = [&](std::string_view spec) {
    const auto reply = cluster.pod(cat("p", ++count), cat(R"(,"serviceAccountName":"ems")", spec));
    return reply.status == 201 ? "yes" : reply.at("message");
  };
  EXPECT_EQ(try_pod(R"(,"volumes":[{"name":"v","secret":{"secretName":"good"}}])"), "yes");
  EXPECT_THAT(try_pod(R"(,"volumes":[{"name":"v","secret":{"secretName":"bad"}}])"),
              HasSubstr(R"(volume with secret.secretName="bad" is not allowed because service )"
                        "account ems does not reference that secret"));
  EXPECT_EQ(
      try_pod(R"(,"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"bad"}}]}}])"),
      "yes")
      << "projected ones are not looked at";
  EXPECT_THAT(try_pod(R"(,"imagePullSecrets":[{"name":"badips"}])"),
              HasSubstr(R"(imagePullSecrets[0].name="badips" is not allowed because service )"
                        "account ems does not reference that imagePullSecret"));
  EXPECT_THAT(
      try_pod(R"(,"initContainers":[{"name":"ic","image":"i","env":[{"name":"E","valueFrom":)"
              R"({"secretKeyRef":{"name":"bad","key":"k"}}}]}])"),
      HasSubstr(R"(init container ic with envVar E referencing secret.secretName="bad" is not )"
                "allowed because service account ems does not reference that secret"));
  EXPECT_THAT(try_pod(R"(,"volumes":[{"name":"v","secret":{"secretName":"pull"}}])"),
              HasSubstr("does not reference that secret"))
      << "the two lists are for different things";
  EXPECT_EQ(try_pod(R"(,"imagePullSecrets":[{"name":"pull"}])"), "yes");
  EXPECT_EQ(try_pod(R"(,"initContainers":[{"name":"ic","image":"i",)"
                    R"("envFrom":[{"secretRef":{"name":"bad"}}]}])"),
            "yes")
      << "nor envFrom";
  cluster.api.patch(
      "/api/v1/namespaces/default/serviceaccounts/ems", "merge-patch",
      R"({"metadata":{"annotations":{"kubernetes.io/enforce-mountable-secrets":"yes"}}})");
  EXPECT_EQ(try_pod(R"(,"volumes":[{"name":"v","secret":{"secretName":"bad"}}])"), "yes");
}

TEST_F(PodAdmission, mirror_pods_hold_neither_account_nor_secret_nor_token) {
  constexpr std::string_view mirror = R"(,"annotations":{"kubernetes.io/config.mirror":""})";
  const auto good = cluster.pod("m", R"(,"nodeName":"n")", mirror);
  EXPECT_EQ(good.status, 201) << good.body;
  EXPECT_EQ(good.at("spec.serviceAccountName"), "(none)");
  EXPECT_EQ(volumes(good), 0U);
  EXPECT_THAT(cluster.pod("a", R"(,"serviceAccountName":"default")", mirror).refusal(),
              HasSubstr("a mirror pod may not reference service accounts"));
  EXPECT_THAT(cluster.pod("b", R"(,"volumes":[{"name":"v","secret":{"secretName":"s"}}])", mirror)
                  .refusal(),
              HasSubstr("a mirror pod may not reference secrets"));
  EXPECT_THAT(
      cluster
          .pod(
              "c",
              R"(,"volumes":[{"name":"v","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}])",
              mirror)
          .refusal(),
      HasSubstr("a mirror pod may not use ServiceAccountToken volume projections"));
  EXPECT_EQ(
      cluster
          .pod(
              "d",
              R"(,"volumes":[{"name":"v","projected":{"sources":[{"clusterTrustBundle":{"name":"b","path":"p"}}]}}])",
              mirror)
          .refusal(),
      R"(403 Forbidden pods "d" is forbidden: a mirror pod may not use ClusterTrustBundle volume projections)");
}

TEST_F(PodAdmission, every_way_of_naming_a_secret_is_closed_to_mirror_pods) {
  constexpr std::string_view mirror = R"(,"annotations":{"kubernetes.io/config.mirror":""})";
  constexpr std::string_view specs[] = {
      R"(,"imagePullSecrets":[{"name":"s"}])",
      R"(,"volumes":[{"name":"v","projected":{"sources":[{"secret":{"name":"s"}}]}}])",
      R"(,"volumes":[{"name":"v","azureFile":{"secretName":"s","shareName":"x"}}])",
      R"(,"volumes":[{"name":"v","csi":{"driver":"d","nodePublishSecretRef":{"name":"s"}}}])",
      R"(,"initContainers":[{"name":"i","image":"i","envFrom":[{"secretRef":{"name":"s"}}]}])",
      R"(,"initContainers":[{"name":"i","image":"i","env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]}])",
  };
  for (const auto spec : specs) {
    EXPECT_THAT(cluster.pod("p", spec, mirror).refusal(),
                HasSubstr("a mirror pod may not reference secrets"))
        << spec;
  }
}

TEST_F(PodAdmission, later_changes_of_the_account_do_not_touch_the_pod) {
  cluster.pod("p", R"(,"automountServiceAccountToken":false)");
  const auto changed = cluster.api.patch("/api/v1/namespaces/default/pods/p", "merge-patch",
                                         R"({"metadata":{"labels":{"a":"b"}}})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(volumes(changed), 0U);
}

}  // namespace
}  // namespace signet::access
