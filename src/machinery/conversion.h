// One kind in two versions: what is stored of one is seen as the other.
//
// Shape    Kind::storage names the kind whose objects these are. Reads hand out an object made for
//          the asker; writes are turned into the stored form before anything else. A kind without
//          it pays one comparison of pointers.
#pragma once

#include "machinery/object.h"
#include "machinery/view.h"

namespace signet::machinery {

// `object` as `kind` has it: the same object where it is of that kind.
ObjectPtr seen_as(const Kind& kind, const ObjectPtr& object);
Change seen_as(const Kind& kind, Change change);

// What `use` answers of it; nothing is copied where it is of that kind.
template <typename Use>
auto with_seen(const Kind& kind, const ObjectPtr& object, Use&& use) {
  return kind.storage == nullptr ? use(object) : use(seen_as(kind, object));
}

}  // namespace signet::machinery
