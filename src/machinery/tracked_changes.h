// What a write changes of what somebody may own, in every version of a kind: who owns what is kept
// in the version that was written.
//
//   TrackedChanges changes({.registry = registry, .kind = kind, .subresource = ""}, before, after);
//   changes.own().modified;
//   changes.in("events.k8s.io/v1");      // null: no such version
//
// Shape    without what belongs to nobody (name, uid, resourceVersion ...), and what a write of the
//          subresource cannot change. Another version is looked at when it is asked for, once.
// Source   Kubernetes' managedfields package: stripMeta, reset fields, version converter.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/field_set.h"
#include "machinery/kind.h"
#include "machinery/registry.h"
#include "machinery/typed_fields.h"

namespace signet::machinery {

// From where somebody looks at an object.
struct Viewpoint {
  const Registry* registry = nullptr;  // null: the kind has one version
  const Kind& kind;
  std::string_view subresource;
};

// What of `fields` somebody may own.
FieldSet tracked(const Kind& kind, const FieldSet& fields, std::string_view subresource);

class TrackedChanges {
 public:
  // Both as `from.kind` has them; they outlive this, as does all of `from`.
  TrackedChanges(const Viewpoint& from, const codec::Json& before, const codec::Json& after);

  const FieldChanges& own() const { return own_; }
  const FieldChanges* in(std::string_view api_version);

 private:
  const Viewpoint from_;
  const codec::Json& before_;
  const codec::Json& after_;
  FieldChanges own_;
  std::map<std::string, std::optional<FieldChanges>, std::less<>> others_;
};

// `fields` of the version `api_version` as fields of `from.kind`, as far as `object` has them.
FieldSet translated(const Viewpoint& from, std::string_view api_version, const FieldSet& fields,
                    const codec::Json& object);

}  // namespace signet::machinery
