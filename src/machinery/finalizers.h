// What finalizers say about a deletion: whether anybody still holds the object, and what is to
// become of its dependents.
//
// Source   api.md B.6; Kubernetes garbage collection.
#pragma once

#include <cstdint>
#include <string_view>

#include "codec/json.h"

namespace signet::machinery {

inline constexpr std::string_view foreground_finalizer = "foregroundDeletion";
inline constexpr std::string_view orphan_finalizer = "orphan";

// What an object that is being deleted waits for.
enum class Cascade : std::uint8_t {
  none,
  foreground,  // its dependents that block it
  orphan,      // its dependents to forget it
};

bool has_finalizer(const codec::Json& object, std::string_view name);
void remove_finalizer(codec::Json& object, std::string_view name);

// Cascade::none for what is not being deleted.
Cascade cascade_of(const codec::Json& object);

// Gives the object the finalizer that a delete with this propagationPolicy ("" for none) asks for,
// and takes the other one. Without a policy those that are there decide.
void apply_propagation(codec::Json& object, std::string_view policy);

}  // namespace signet::machinery
