#include "machinery/conversion.h"

#include <utility>

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

Change seen_as(const Kind& kind, Change change) {
  if (kind.storage == nullptr) return change;
  change.object = seen_as(kind, change.object);
  change.previous = seen_as(kind, change.previous);
  return change;
}

}  // namespace signet::machinery
