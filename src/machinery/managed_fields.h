// Who owns which fields of an object (metadata.managedFields), kept up to date with every write.
//
//   track_update(kind, &old, wanted, {.manager = "kubectl-edit", .subresource = "", .now = now});
//
// Shape    an entry belongs to a manager, an operation (Update or Apply), a subresource and, for
//          updates, an apiVersion. A write that changes a field takes it from everybody else. What
//          the server alone sets (name, uid, resourceVersion ...) belongs to nobody.
// Limits   at most 10 Update entries, older ones become "ancient-changes"; at most 1,000 entries:
//          more are not read from outside, and an apply that would make more is refused.
// Errors   entries that cannot be read are taken for none, as Kubernetes does on updates.
// Source   Kubernetes' managedfields package; api.md B.5.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "codec/json.h"
#include "machinery/field_set.h"
#include "machinery/kind.h"
#include "machinery/registry.h"
#include "machinery/tracked_changes.h"

namespace signet::machinery {

constexpr std::size_t managed_entries_max = 1'000;

struct Writer {
  std::string manager;
  std::string subresource;
  Instant now;
  const Registry* registry = nullptr;  // which versions there are; null: one
};
Viewpoint viewpoint(const Kind& kind, const Writer& writer);

// The `fieldManager` of a request, or else what its User-Agent begins with.
std::string manager_name(std::string_view field_manager, std::string_view user_agent);

struct ManagedEntry {
  std::string manager;
  bool applied = false;
  std::string api_version;
  std::string subresource;
  std::string time;  // RFC 3339; may be empty
  FieldSet fields;

  // What tells entries apart, and the order in which conflicts name them.
  std::string identity() const;
  // As conflicts print it: `"m1"`, `"m1" using v1`.
  std::string display() const;
};

// By identity.
using ManagedFields = std::map<std::string, ManagedEntry, std::less<>>;

Result<ManagedFields> read_managed_fields(const codec::Json& entries);
// Null when there is none.
codec::Json write_managed_fields(const ManagedFields& managed);
// Puts them into the object's metadata, or takes them away when there is none.
void set_managed_fields(codec::Json& object, const ManagedFields& managed);

// Sets metadata.managedFields of `wanted`; `kind` is the version that was written, both objects are
// as they are stored. Without `old` the object is new. Entries that the writer
// sent in `wanted` replace what is stored; an empty list forgets all; none or wrong ones are
// ignored.
void track_update(const Kind& kind, const codec::Json* old, codec::Json& wanted,
                  const Writer& writer);

// True when two lists of entries differ in their times at most.
bool same_but_times(const codec::Json& a, const codec::Json& b);

// Parts that apply shares.
codec::Json empty_object(const Kind& kind);  // with the members that are always written
FieldSet all_of(const FieldChanges& changes);
// Takes what changed from all, and gives what came to the writer.
void note_update(const Kind& kind, ManagedFields& managed, TrackedChanges& changes,
                 const Writer& writer);

}  // namespace signet::machinery
