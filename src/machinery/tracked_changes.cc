#include "machinery/tracked_changes.h"

#include <utility>

#include "machinery/conversion.h"
#include "machinery/typed_merge.h"

namespace signet::machinery {
namespace {

using codec::Json;

const FieldSet& owned_by_nobody() {
  static const FieldSet set = [] {
    FieldSet metadata;
    for (const auto* name : {"clusterName", "creationTimestamp", "generation", "managedFields",
                             "name", "namespace", "resourceVersion", "selfLink", "uid"}) {
      metadata.add(PathElement::field(name));
    }
    FieldSet out;
    out.add(PathElement::field("apiVersion"));
    out.add(PathElement::field("kind"));
    out.add(PathElement::field("metadata"), true, std::move(metadata));
    return out;
  }();
  return set;
}

// The half of an object that a write of the other half leaves alone.
const FieldSet& out_of_reach(const Kind& kind, std::string_view subresource) {
  static const auto only = [](std::string_view name) {
    FieldSet out;
    out.add(PathElement::field(name));
    return out;
  };
  static const FieldSet nothing;
  static const FieldSet status = only("status");
  static const FieldSet spec = only("spec");
  if (!kind.has_status) return nothing;
  return subresource == "status" ? spec : status;
}

FieldChanges changes_of(const Kind& kind, const Json& before, const Json& after,
                        std::string_view subresource) {
  auto changes = compare(*kind.schema, before, after);
  changes.added = tracked(kind, changes.added, subresource);
  changes.modified = tracked(kind, changes.modified, subresource);
  changes.removed = tracked(kind, changes.removed, subresource);
  return changes;
}

}  // namespace

FieldSet tracked(const Kind& kind, const FieldSet& fields, std::string_view subresource) {
  return fields.subtract_whole(out_of_reach(kind, subresource)).subtract(owned_by_nobody());
}

TrackedChanges::TrackedChanges(const Viewpoint& from, const Json& before, const Json& after)
    : from_(from),
      before_(before),
      after_(after),
      own_(changes_of(from.kind, before, after, from.subresource)) {}

const FieldChanges* TrackedChanges::in(std::string_view api_version) {
  if (api_version == from_.kind.api_version()) return &own_;
  auto found = others_.find(api_version);
  if (found == others_.end()) {
    std::optional<FieldChanges> changes;
    if (const auto* other = version_of(from_.registry, from_.kind, api_version)) {
      changes = changes_of(*other, converted(from_.kind, *other, before_),
                           converted(from_.kind, *other, after_), from_.subresource);
    }
    found = others_.emplace(std::string(api_version), std::move(changes)).first;
  }
  return found->second ? &*found->second : nullptr;
}

// What goes from the object when it goes without them.
FieldSet translated(const Viewpoint& from, std::string_view api_version, const FieldSet& fields,
                    const Json& object) {
  if (api_version == from.kind.api_version()) return fields;
  const auto* other = version_of(from.registry, from.kind, api_version);
  if (other == nullptr) return {};
  const auto there = converted(from.kind, *other, object);
  const auto rest = without_fields(*other->schema, there, with_records(*other->schema, fields));
  const auto here = converted(*other, from.kind, rest);
  return fields_of(*from.kind.schema, object).subtract(fields_of(*from.kind.schema, here));
}

}  // namespace signet::machinery
