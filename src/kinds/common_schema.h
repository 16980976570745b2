// Messages that several kinds hold.
//
// Source   api.md A.6.
#pragma once

#include "machinery/schema.h"

namespace signet::kinds {

extern const machinery::Schema local_object_reference;
extern const machinery::Schema object_reference;
extern const machinery::Schema label_selector;

}  // namespace signet::kinds
