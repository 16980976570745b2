#include "machinery/system_fields.h"

#include "codec/rfc3339.h"
#include "machinery/query_number.h"

namespace signet::machinery {
namespace {

const codec::Json& member(const codec::Json& object, std::string_view name) {
  static const codec::Json nothing;
  const auto* found = codec::find(object, name);
  return found == nullptr ? nothing : *found;
}

}  // namespace

void drop_system_fields(codec::Json& object) {
  auto& metadata = codec::make_object_at(object, "metadata");
  for (const auto* name : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}) {
    metadata.erase(name);
  }
}

void set_system_fields(codec::Json& object, const std::string& uid, Instant now) {
  auto& metadata = codec::make_object_at(object, "metadata");
  metadata["uid"] = uid;
  metadata["creationTimestamp"] = codec::to_rfc3339(whole_seconds(now));
}

void keep_system_fields(codec::Json& wanted, const codec::Json& old) {
  auto& metadata = codec::make_object_at(wanted, "metadata");
  const auto& old_metadata = codec::object_at(old, "metadata");
  for (const auto* name : {"resourceVersion", "selfLink", "generation"}) metadata.erase(name);
  for (const auto* name : {"creationTimestamp", "deletionTimestamp", "generation"}) {
    if (const auto* kept = old_metadata.if_contains(name)) metadata[name] = *kept;
  }
  for (const auto* name : {"uid", "deletionGracePeriodSeconds"}) {
    const auto* kept = old_metadata.if_contains(name);
    if (kept != nullptr && !metadata.contains(name)) metadata[name] = *kept;
  }
}

ApiResult<std::uint64_t> named_version(const codec::Json& object) {
  const auto text = codec::string_at(object, "metadata.resourceVersion");
  if (text.empty()) return 0;
  const auto version = parse_version(text);
  if (!version) return refuse(ApiError::plain_internal(version.error().message));
  return *version;
}

void count_generation(const Kind& kind, codec::Json& wanted, const codec::Json& old) {
  if (!kind.has_generation || member(wanted, "spec") == member(old, "spec")) return;
  const auto generation = codec::int_at(old, "metadata.generation").value_or(0);
  codec::make_object_at(wanted, "metadata")["generation"] = generation + 1;
}

}  // namespace signet::machinery
