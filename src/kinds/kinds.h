// Every kind that this folder serves, as data for the generic API.
//
//   for (const machinery::Kind* kind : kinds::all()) api.serve(*kind);
//
// Shape    one file a kind; kinds with a large schema keep it in NAME_schema.h. Handlers of the
//          subresources and of the kinds that are only asked are registered elsewhere.
// Threads  constant.
// Source   api.md A.2 (names), B.1 to B.4 (rules), C.4 (selectable fields), D (columns).
#pragma once

#include <span>

#include "machinery/kind.h"

namespace signet::kinds {

extern const machinery::Kind binding;
extern const machinery::Kind config_map;
extern const machinery::Kind endpoints;
extern const machinery::Kind event;
extern const machinery::Kind namespace_kind;
extern const machinery::Kind node;
extern const machinery::Kind pod;
extern const machinery::Kind secret;
extern const machinery::Kind service;
extern const machinery::Kind service_account;

extern const machinery::Kind self_subject_review;
extern const machinery::Kind token_review;

extern const machinery::Kind local_subject_access_review;
extern const machinery::Kind self_subject_access_review;
extern const machinery::Kind self_subject_rules_review;
extern const machinery::Kind subject_access_review;

extern const machinery::Kind lease;

// The events of the core group, as another version.
extern const machinery::Kind events_event;

extern const machinery::Kind cluster_role;
extern const machinery::Kind cluster_role_binding;
extern const machinery::Kind role;
extern const machinery::Kind role_binding;

// In the order of discovery: by group, version, plural.
std::span<const machinery::Kind* const> all();

}  // namespace signet::kinds
