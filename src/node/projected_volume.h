// What files a volume holds: collected from tokens, ConfigMaps, Secrets and the pod itself.
//
//   TRY(auto content, collect_volume(volume, {pod, objects, tokens}));
//   TRY_VOID(write_volume(directory, content.payload, volume_owner(pod), clock, random));
//
// Shape    projected, secret, configMap and downwardAPI volumes; later sources overwrite equal
//          paths. A token file has no newline at its end.
// Errors   those of all sources, "[e1, e2]" when several; nothing is written then. An object that
//          is missing is `configmap "kube-root-ca.crt" not found` unless its source is optional.
// Units    instants on the wall clock; modes as in the API.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "codec/json.h"
#include "node/atomic_writer.h"
#include "node/pod_fields.h"
#include "node/token_manager.h"

namespace signet::node {

// Where ConfigMaps and Secrets come from. not_found is an answer, anything else a failure.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual Result<codec::Json> config_map(const std::string& space, const std::string& name) = 0;
  virtual Result<codec::Json> secret(const std::string& space, const std::string& name) = 0;
};

struct VolumeSources {
  const codec::Json& pod;
  ObjectReader& objects;
  TokenManager& tokens;
};

struct VolumeContent {
  Payload payload;
  std::optional<Instant> due_at;  // when the first of its tokens becomes due
};

// "kubernetes.io~projected" for a member of spec.volumes; empty for types that are not supported.
std::string_view volume_plugin(const codec::Json& volume);

// `volume` is a member of spec.volumes with a plugin other than empty-dir.
Result<VolumeContent> collect_volume(const codec::Json& volume, const VolumeSources& sources);

// Makes the new content visible at once. Owners are only set by root, who alone may.
Result<AtomicWriter::Outcome> write_volume(const std::string& directory, const Payload& payload,
                                           const VolumeOwner& owner, const Clock& clock,
                                           Random& random);

// Gives everything in `directory` but symbolic links to `group`, readable; directories set-gid.
Result<void> give_to_group(const std::string& directory, gid_t group);

}  // namespace signet::node
