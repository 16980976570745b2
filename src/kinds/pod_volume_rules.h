// What may stand in spec.volumes of a pod.
//
// Source   node.md E.5; texts are wire facts.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

using VolumeNames = std::set<std::string, std::less<>>;

// Returns the names that containers may mount.
VolumeNames validate_volumes(const codec::Json& pod, machinery::FieldErrors& errors);

// A path below the volume: relative, without "..".
void validate_descending_path(std::string_view path, const std::string& where,
                              machinery::FieldErrors& errors);
// As that, and not starting with "..", which the node agent keeps for itself.
void validate_local_path(std::string_view path, const std::string& where,
                         machinery::FieldErrors& errors);

// `allowed` are the paths of a fieldRef beside labels and annotations by key, sorted.
void validate_field_ref(const codec::Json& ref, const std::string& where,
                        std::span<const std::string_view> allowed, machinery::FieldErrors& errors);

}  // namespace signet::kinds
