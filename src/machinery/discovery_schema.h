// The schemas of the plain discovery documents, for clients that ask for them in protobuf.
//
// Source   metav1; the field numbers are wire facts.
#pragma once

#include "machinery/schema.h"

namespace signet::machinery {

extern const Schema api_group_list_schema;
extern const Schema api_group_schema;
extern const Schema api_resource_list_schema;
extern const Schema api_versions_schema;

}  // namespace signet::machinery
