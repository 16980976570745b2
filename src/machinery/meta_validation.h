// The rules every object's metadata obeys, and the checks kinds share.
//
// Source   api.md B.1 to B.4; texts are wire facts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "machinery/field_error.h"
#include "machinery/kind.h"

namespace signet::machinery {

constexpr std::size_t annotations_bytes_max = std::size_t{256} * 1024;  // keys and values

// What is wrong with a qualified name (prefix/name as label and annotation keys and finalizers
// are), a label value or a name, one text a violation; empty when nothing is.
std::vector<std::string> qualified_name_messages(std::string_view text);
std::vector<std::string> label_value_messages(std::string_view text);
std::vector<std::string> name_messages(NameRule rule, std::string_view name);

// Adds an error at `path` if `name` breaks `rule`.
void validate_name(NameRule rule, std::string_view name, std::string_view path,
                   FieldErrors& errors);

void validate_metadata(const Kind& kind, const codec::Json& object, FieldErrors& errors);
// What a write may not change, and what it may have brought; fills nothing in.
void validate_metadata_update(const codec::Json& object, const codec::Json& old,
                              FieldErrors& errors);
// All of a changed object's metadata, with the repeats of Kubernetes: what is common to all kinds
// is checked before a kind checks the same once more, so that causes occur several times.
void validate_metadata_change(const Kind& kind, const codec::Json& object, const codec::Json& old,
                              FieldErrors& errors);

// Who says that a write is theirs: at most 128 bytes, printable.
void validate_field_manager(std::string_view manager, std::string_view path, FieldErrors& errors);

// A key of a ConfigMap's or Secret's data; `path` is the map's ("data"), the error stands at
// "data[key]".
void validate_data_key(std::string_view key, std::string_view path, FieldErrors& errors);

// Five characters of Kubernetes' vowel-free alphabet.
std::string random_suffix(Random& random);
// metadata.generateName, cut to 58 bytes, and a suffix.
std::string generate_name(std::string_view base, Random& random);

}  // namespace signet::machinery
