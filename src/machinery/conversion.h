// One kind in two versions: what is stored of one is seen as the other.
//
// Shape    Kind::storage names the kind whose objects these are. Reads hand out an object made for
//          the asker; writes are turned into the stored form before anything else. A kind without
//          it pays one comparison of pointers.
#pragma once

#include <string_view>

#include "codec/json.h"
#include "machinery/object.h"
#include "machinery/registry.h"
#include "machinery/view.h"

namespace signet::machinery {

// `object` as `kind` has it: the same object where it is of that kind.
ObjectPtr seen_as(const Kind& kind, const ObjectPtr& object);
Change seen_as(const Kind& kind, Change change);

// The version of `kind` that calls itself so; null when there is none. Without a registry it is the
// only one.
const Kind* version_of(const Registry* registry, const Kind& kind, std::string_view api_version);
// The same object in another version of its kind.
codec::Json converted(const Kind& from, const Kind& to, codec::Json object);

// What `use` answers of it; nothing is copied where it is of that kind.
template <typename Use>
auto with_seen(const Kind& kind, const ObjectPtr& object, Use&& use) {
  return kind.storage == nullptr ? use(object) : use(seen_as(kind, object));
}

}  // namespace signet::machinery
