// YAML read into the JSON data model, as API bodies and kubeconfig files use it, and JSON values
// written as YAML.
//
// Shape    quoted scalars are strings; plain ones follow the core schema. Keys are strings however
//          they are spelled. No document at all is null.
// Errors   invalid, with the line: bad syntax, a second document, a tag that JSON has no type for,
//          infinities and not-a-number; a key that occurs twice is one only for parse_yaml.
// Limits   ParseLimits; aliases are refused (nobody needs them and they are how YAML explodes).
// Source   YAML 1.2 s10.3 (core schema), so yes/no/on/off are strings; but 0644 is octal as in YAML
//          1.1, because file modes in Kubernetes manifests are written that way.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace signet::codec {

struct YamlDocument {
  Json value;  // of a key that occurs more than once, the last one
  // What of it was there before, in the words of Go's reader: `line 3: key "a" already set in map`.
  // At most 16.
  std::vector<std::string> duplicates;
};

Result<YamlDocument> parse_yaml_document(std::string_view text, const ParseLimits& limits);
// A key that occurs twice is an error.
Result<Json> parse_yaml(std::string_view text, const ParseLimits& limits);

// One of several documents with "---" between them, and where its parts are, for whoever must say
// what is wrong with it.
struct PlacedYaml {
  Json value;
  // Line of each value by its path: "spec.ports[0]"; of the document itself "".
  std::map<std::string, std::size_t, std::less<>> lines;
};
// Empty documents are left out. A key that occurs twice is an error.
Result<std::vector<PlacedYaml>> parse_yaml_stream(std::string_view text, const ParseLimits& limits,
                                                  std::size_t documents_max);

// Block style, members in their order, ends with a new line. Strings that a reader of YAML 1.1 or
// 1.2 would take for something else are quoted; text of several lines becomes a literal block.
std::string to_yaml(const Json& value);

}  // namespace signet::codec
