#include "machinery/conversion.h"

#include "machinery/normalise.h"

namespace signet::machinery {

ObjectPtr seen_as(const Kind& kind, const ObjectPtr& object) {
  if (object == nullptr || &object->kind() == &kind || kind.from_storage == nullptr) return object;
  auto value = object->parse();
  kind.from_storage(value);
  // Stored objects keep to their schema, so what is made of them keeps to this one.
  if (!normalise(*kind.schema, value)) return object;
  auto seen = Object::create(kind, value);
  seen->commit(object->revision());
  return seen;
}

const Kind* version_of(const Registry* registry, const Kind& kind, std::string_view api_version) {
  if (kind.api_version() == api_version) return &kind;
  if (registry == nullptr) return nullptr;
  for (const auto* other : registry->kinds()) {
    if (&other->stored_as() == &kind.stored_as() && other->api_version() == api_version) {
      return other;
    }
  }
  return nullptr;
}

codec::Json converted(const Kind& from, const Kind& to, codec::Json object) {
  if (&from == &to) return object;
  if (from.to_storage != nullptr) from.to_storage(object);
  if (to.from_storage != nullptr) to.from_storage(object);
  return object;
}

Change seen_as(const Kind& kind, Change change) {
  if (kind.storage == nullptr) return change;
  change.object = seen_as(kind, change.object);
  change.previous = seen_as(kind, change.previous);
  return change;
}

}  // namespace signet::machinery
