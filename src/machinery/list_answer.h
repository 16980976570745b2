// A list as it is sent: the objects of a page under one kind.
//
// Shape    in JSON the stored bytes of each object are copied, without its kind and apiVersion. In
//          protobuf each object is parsed once, by itself: no list is ever a tree in memory.
// Source   api.md A.6, C.4.
#pragma once

#include <span>
#include <string>

#include "machinery/negotiate.h"
#include "machinery/object.h"
#include "machinery/table.h"

namespace signet::machinery {

// `form.transform` is none, or metadata_list.
std::string list_json(const Kind& kind, std::span<const ObjectPtr> objects, const ListMeta& meta,
                      const Negotiated& form);
std::string list_protobuf(const Kind& kind, std::span<const ObjectPtr> objects,
                          const ListMeta& meta, const Negotiated& form);

}  // namespace signet::machinery
