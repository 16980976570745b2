// What the tests of this folder share.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "base/random.h"
#include "codec/json.h"
#include "kinds/kinds.h"
#include "machinery/field_error.h"

namespace signet::kinds {

inline codec::Json parse(std::string_view text) {
  auto document = codec::parse_json(text, {});
  return document ? document->value : codec::Json();
}

// The texts of a 422, in order: "path: Invalid value: ...".
using Texts = std::vector<std::string>;
inline Texts texts(const machinery::FieldErrors& errors) {
  Texts out;
  for (const auto& error : errors.all()) out.push_back(cat(error.path, ": ", error.message()));
  return out;
}

inline Texts validated(const machinery::Kind& kind, const codec::Json& object) {
  machinery::FieldErrors errors;
  kind.validate(object, errors);
  return texts(errors);
}

inline Texts validated_update(const machinery::Kind& kind, std::string_view object,
                              std::string_view old,
                              machinery::Update what = machinery::Update::main) {
  machinery::FieldErrors errors;
  kind.validate_update(parse(object), parse(old), what, errors);
  return texts(errors);
}

// The object as set_defaults leaves it.
inline codec::Json defaulted(const machinery::Kind& kind, std::string_view text) {
  auto object = parse(text);
  kind.set_defaults(object);
  return object;
}

inline codec::Json prepared(const machinery::Kind& kind, std::string_view text) {
  auto object = parse(text);
  SystemRandom random;
  kind.prepare_create(object, {.now = {}, .random = random});
  return object;
}

// Every cell of a row as JSON, by the name of its column.
inline std::map<std::string, std::string> cells(const machinery::Kind& kind,
                                                std::string_view object, Instant now = {}) {
  std::map<std::string, std::string> out;
  const auto parsed = parse(object);
  for (const auto& column : kind.columns) {
    out.emplace(column.name, codec::to_json(column.cell(parsed, now)));
  }
  return out;
}

}  // namespace signet::kinds
