#include "kinds/pod_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds/test_support.h"
#include "machinery/normalise.h"

namespace signet::kinds {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A pod that uses every corner of the schema that manifests use.
constexpr std::string_view rich_pod = R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"rich"},
"spec":{
 "volumes":[
  {"name":"a","emptyDir":{"medium":"Memory","sizeLimit":"64Mi"}},
  {"name":"b","configMap":{"name":"c","items":[{"key":"k","path":"p","mode":256}],
                           "defaultMode":420,"optional":true}},
  {"name":"c","projected":{"sources":[
    {"secret":{"name":"s","items":[{"key":"k","path":"q"}],"optional":false}},
    {"downwardAPI":{"items":[{"path":"cpu","resourceFieldRef":
       {"containerName":"main","resource":"limits.cpu","divisor":"1m"}}]}},
    {"serviceAccountToken":{"audience":"vault","expirationSeconds":600,"path":"t"}},
    {"clusterTrustBundle":{"signerName":"x.io/y","labelSelector":{"matchLabels":{"a":"b"}},
                           "optional":true,"path":"ca"}}],"defaultMode":292}},
  {"name":"d","csi":{"driver":"d.x.io","readOnly":true,"volumeAttributes":{"a":"b"},
                     "nodePublishSecretRef":{"name":"n"}}},
  {"name":"e","ephemeral":{"volumeClaimTemplate":{"metadata":{"labels":{"a":"b"}},
     "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},
             "storageClassName":"fast"}}}},
  {"name":"f","hostPath":{"path":"/var","type":"Directory"}},
  {"name":"g","image":{"reference":"r","pullPolicy":"Always"}},
  {"name":"h","nfs":{"server":"s","path":"/x"}},
  {"name":"i","persistentVolumeClaim":{"claimName":"pvc"}}],
 "initContainers":[{"name":"side","image":"s","resources":{},"restartPolicy":"Always"}],
 "containers":[{"name":"main","image":"i","command":["a"],"args":["b"],"workingDir":"/w",
  "ports":[{"name":"http","hostPort":8080,"containerPort":80,"protocol":"TCP","hostIP":"1.2.3.4"}],
  "envFrom":[{"prefix":"P_","configMapRef":{"name":"c","optional":true}},
             {"secretRef":{"name":"s"}}],
  "env":[{"name":"A","value":"b"},
         {"name":"B","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}},
         {"name":"C","valueFrom":{"configMapKeyRef":{"name":"c","key":"k","optional":true}}},
         {"name":"D","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
  "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"},
               "claims":[{"name":"gpu","request":"r"}]},
  "resizePolicy":[{"resourceName":"cpu","restartPolicy":"NotRequired"}],
  "volumeMounts":[{"name":"a","readOnly":true,"recursiveReadOnly":"IfPossible","mountPath":"/a",
                   "subPath":"s","mountPropagation":"None"}],
  "volumeDevices":[{"name":"i","devicePath":"/dev/x"}],
  "livenessProbe":{"httpGet":{"path":"/","port":"http","host":"h","scheme":"HTTPS",
                              "httpHeaders":[{"name":"X","value":"y"}]},"initialDelaySeconds":1,
                   "timeoutSeconds":2,"periodSeconds":3,"successThreshold":1,"failureThreshold":4,
                   "terminationGracePeriodSeconds":5},
  "readinessProbe":{"tcpSocket":{"port":80}},
  "startupProbe":{"grpc":{"port":9,"service":""}},
  "lifecycle":{"postStart":{"exec":{"command":["x"]}},"preStop":{"sleep":{"seconds":3}},
               "stopSignal":"SIGUSR1"},
  "terminationMessagePath":"/m","terminationMessagePolicy":"File","imagePullPolicy":"Always",
  "securityContext":{"capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]},"privileged":false,
    "seLinuxOptions":{"level":"s0"},"runAsUser":0,"runAsNonRoot":true,
    "readOnlyRootFilesystem":true,"allowPrivilegeEscalation":false,"runAsGroup":1,
    "procMount":"Default","windowsOptions":{"runAsUserName":"u"},
    "seccompProfile":{"type":"RuntimeDefault"},"appArmorProfile":{"type":"Unconfined"}},
  "stdin":true,"stdinOnce":true,"tty":true}],
 "ephemeralContainers":[{"name":"debug","image":"busybox","resources":{},
                         "targetContainerName":"main"}],
 "restartPolicy":"Always","terminationGracePeriodSeconds":0,"activeDeadlineSeconds":60,
 "dnsPolicy":"None","nodeSelector":{"a":"b"},"serviceAccountName":"web","serviceAccount":"web",
 "automountServiceAccountToken":false,"nodeName":"n","hostNetwork":true,"hostPID":true,
 "hostIPC":true,"shareProcessNamespace":false,
 "securityContext":{"runAsUser":1,"runAsGroup":2,"supplementalGroups":[3],"fsGroup":4,
   "sysctls":[{"name":"a","value":"b"}],"fsGroupChangePolicy":"Always",
   "seccompProfile":{"type":"Localhost","localhostProfile":"p"},
   "supplementalGroupsPolicy":"Strict","seLinuxChangePolicy":"Recursive"},
 "imagePullSecrets":[{"name":"reg"}],"hostname":"h","subdomain":"s",
 "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
     {"nodeSelectorTerms":[{"matchExpressions":[{"key":"k","operator":"In","values":["v"]}],
       "matchFields":[{"key":"metadata.name","operator":"In","values":["n"]}]}]},
     "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,
       "preference":{"matchExpressions":[{"key":"k","operator":"Exists"}]}}]},
   "podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":
     {"matchExpressions":[{"key":"k","operator":"In","values":["v"]}]},"namespaces":["x"],
     "topologyKey":"zone","namespaceSelector":{},"matchLabelKeys":["a"],
     "mismatchLabelKeys":["b"]}]},
   "podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":2,
     "podAffinityTerm":{"labelSelector":{"matchLabels":{"a":"b"}},"topologyKey":"zone"}}]}},
 "schedulerName":"default-scheduler",
 "tolerations":[{"key":"k","operator":"Equal","value":"v","effect":"NoExecute",
                 "tolerationSeconds":0}],
 "hostAliases":[{"ip":"1.2.3.4","hostnames":["h"]}],"priorityClassName":"p","priority":0,
 "dnsConfig":{"nameservers":["1.1.1.1"],"searches":["s"],"options":[{"name":"ndots",
              "value":"2"}]},
 "readinessGates":[{"conditionType":"x.io/y"}],"runtimeClassName":"kata",
 "enableServiceLinks":false,"preemptionPolicy":"Never","overhead":{"cpu":"250m"},
 "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone",
   "whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"a":"b"}},"minDomains":2,
   "nodeAffinityPolicy":"Honor","nodeTaintsPolicy":"Ignore","matchLabelKeys":["a"]}],
 "setHostnameAsFQDN":false,"os":{"name":"linux"},"hostUsers":false,
 "schedulingGates":[{"name":"x.io/z"}],
 "resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"t"}],
 "resources":{"limits":{"cpu":"2"}},"hostnameOverride":"o"},
"status":{"phase":"Running"}})";

TEST(PodSchema, knows_every_field_and_keeps_it) {
  auto object = parse(rich_pod);
  const auto report = machinery::normalise(pod_schema, object);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_THAT(report->unknown, IsEmpty());
  EXPECT_EQ(object, parse(rich_pod));
}

TEST(PodSchema, reports_a_field_it_does_not_know_where_it_stands) {
  auto object = parse(R"({"spec":{"containers":[{"name":"c","imag":"x"}],
                                  "volumes":[{"name":"v","emptydir":{}}]}})");
  const auto report = machinery::normalise(pod_schema, object);
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->unknown, ElementsAre("spec.containers[0].imag", "spec.volumes[0].emptydir"));
}

TEST(PodSchema, keeps_a_status_that_a_node_agent_writes) {
  constexpr std::string_view text = R"({"metadata":{},"spec":{"containers":[]},"status":{
    "phase":"Running","conditions":[{"type":"Ready","status":"True",
      "lastTransitionTime":"2026-01-01T00:00:00Z"}],"hostIP":"1.2.3.4","hostIPs":[{"ip":"1.2.3.4"}],
    "podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"startTime":"2026-01-01T00:00:00Z",
    "containerStatuses":[{"name":"c","state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}},
      "lastState":{"terminated":{"exitCode":0,"reason":"Completed"}},"ready":true,
      "restartCount":0,"image":"i","imageID":"","containerID":"x://1","started":true}],
    "qosClass":"BestEffort"}})";
  auto object = parse(text);
  const auto report = machinery::normalise(pod_schema, object);
  ASSERT_TRUE(report.has_value()) << report.error().message;
  EXPECT_THAT(report->unknown, IsEmpty());
  EXPECT_EQ(object, parse(text));
}

TEST(PodSchema, brings_a_defaulted_pod_into_the_order_of_kubernetes) {
  auto object = defaulted(pod, R"({"metadata":{"name":"a"},
      "spec":{"containers":[{"image":"i:1","name":"c"}],"volumes":[{"name":"v"}]}})");
  ASSERT_TRUE(machinery::normalise(pod_schema, object).has_value());
  EXPECT_THAT(codec::to_json(object),
              testing::StartsWith(
                  R"({"metadata":{"name":"a"},"spec":{"volumes":[{"name":"v","emptyDir":{}}],)"
                  R"("containers":[{"name":"c","image":"i:1","resources":{},)"
                  R"("terminationMessagePath":"/dev/termination-log")"));
}

}  // namespace
}  // namespace signet::kinds
