#include "kinds/pod_references.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "base/cat.h"

namespace signet::kinds {
namespace {

using codec::Json;

// Where one entry of a list holds a name.
struct Place {
  Referred what;
  std::string_view path;
};

constexpr Place variable_places[] = {
    {Referred::secret, "valueFrom.secretKeyRef.name"},
    {Referred::config_map, "valueFrom.configMapKeyRef.name"},
};
constexpr Place environment_places[] = {
    {Referred::secret, "secretRef.name"},
    {Referred::config_map, "configMapRef.name"},
};
constexpr Place volume_places[] = {
    {Referred::secret, "secret.secretName"},
    {Referred::secret, "azureFile.secretName"},
    {Referred::secret, "cephfs.secretRef.name"},
    {Referred::secret, "cinder.secretRef.name"},
    {Referred::secret, "csi.nodePublishSecretRef.name"},
    {Referred::secret, "flexVolume.secretRef.name"},
    {Referred::secret, "iscsi.secretRef.name"},
    {Referred::secret, "rbd.secretRef.name"},
    {Referred::secret, "scaleIO.secretRef.name"},
    {Referred::secret, "storageos.secretRef.name"},
    {Referred::config_map, "configMap.name"},
    {Referred::claim, "persistentVolumeClaim.claimName"},
};
constexpr Place source_places[] = {
    {Referred::secret, "secret.name"},
    {Referred::config_map, "configMap.name"},
};
constexpr Place account_places[] = {{Referred::account, "spec.serviceAccountName"}};
constexpr Place pull_places[] = {{Referred::secret, "name"}};

std::string_view word_for(Referred what) {
  switch (what) {
    case Referred::account:
      return "/account/";
    case Referred::secret:
      return "/secret/";
    case Referred::config_map:
      return "/config-map/";
    case Referred::claim:
      break;
  }
  return "/claim/";
}

std::string joined(std::string_view node, Referred what, std::string_view ns,
                   std::string_view name) {
  return cat(node, word_for(what), ns, '/', name);
}

class Collector {
 public:
  void add(Referred what, std::string name) {
    found_.push_back({.what = what, .name = std::move(name)});
  }
  void add_list(const Json& holder, std::string_view list, std::span<const Place> places) {
    for (const Json& entry : codec::array_at(holder, list)) add_entry(entry, places);
  }
  void add_entry(const Json& entry, std::span<const Place> places) {
    for (const auto& [what, path] : places) {
      if (const auto name = codec::string_at(entry, path); !name.empty()) {
        add(what, std::string(name));
      }
    }
  }
  std::vector<PodReference> take() { return std::move(found_); }

 private:
  std::vector<PodReference> found_;
};

}  // namespace

std::vector<PodReference> references_of(const Json& pod) {
  Collector found;
  found.add_entry(pod, account_places);
  found.add_list(pod, "spec.imagePullSecrets", pull_places);
  for (const auto* list : {"spec.initContainers", "spec.containers", "spec.ephemeralContainers"}) {
    for (const Json& container : codec::array_at(pod, list)) {
      found.add_list(container, "env", variable_places);
      found.add_list(container, "envFrom", environment_places);
    }
  }
  for (const Json& volume : codec::array_at(pod, "spec.volumes")) {
    found.add_entry(volume, volume_places);
    found.add_list(volume, "projected.sources", source_places);
    // The claim that is made for an ephemeral volume is named after the pod and the volume.
    if (codec::find(volume, "ephemeral") != nullptr) {
      found.add(Referred::claim,
                cat(codec::string_at(pod, "metadata.name"), '-', codec::string_at(volume, "name")));
    }
  }
  return found.take();
}

bool refers_to_any(const Json& pod, Referred what) {
  return std::ranges::any_of(references_of(pod),
                             [&](const PodReference& found) { return found.what == what; });
}

std::string reference_key(std::string_view node, Referred what, std::string_view ns,
                          std::string_view name) {
  // Nothing that exists has a slash in its name; what was never checked may have, and would be
  // taken for another name in another place.
  if (node.contains('/') || ns.contains('/') || name.contains('/')) return {};
  return joined(node, what, ns, name);
}

void index_references(const Json& pod, std::vector<std::string>& keys) {
  const auto node = codec::string_at(pod, "spec.nodeName");
  if (node.empty() || is_mirror_pod(pod)) return;
  const auto ns = codec::string_at(pod, "metadata.namespace");
  for (const auto& [what, name] : references_of(pod)) keys.push_back(joined(node, what, ns, name));
}

bool is_mirror_pod(const Json& pod) {
  return codec::object_at(pod, "metadata.annotations").contains("kubernetes.io/config.mirror");
}

}  // namespace signet::kinds
