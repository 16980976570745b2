// Reads a request body into an object of the kind that the URL asks for.
//
//   const ExpectedKind expected{.api_version = "v1", .kind = "Pod", .schema = &pod};
//   TRY(auto body, decode_body(request, expected, validation, warnings));
//
// Shape    JSON, YAML or protobuf by Content-Type (none: JSON). kind and apiVersion are filled in
//          where they are missing and stand first; the rest is normalised by the schema.
// Errors   400, 413, 415 and, for options, 422, as api.md A.5, C.2 and C.8 spell them. A message
//          repeats at most 30 bytes of a body that could not be read, and only to its sender.
// Limits   3 MiB, and the nesting limits of the codecs.
// Source   api.md A.5, A.6, C.2, C.8; tokens.md 2.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/form.h"
#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/registry.h"
#include "machinery/schema.h"
#include "net/http.h"

namespace signet::machinery {

constexpr std::size_t body_bytes_max = std::size_t{3} * 1024 * 1024;

struct DecodedBody {
  codec::Json object;
  std::vector<std::string> unknown;     // paths of unknown fields
  std::vector<std::string> duplicates;  // paths of duplicate fields that are known
  // Of YAML instead, in the words of its reader: `line 3: key "a" already set in map`.
  std::vector<std::string> repeated_keys;
};

struct ExpectedKind {
  std::string_view api_version;  // "v1"
  std::string_view kind;         // "Pod"
  std::string_view group;
  const Schema* schema = nullptr;  // null: not readable from protobuf, not normalised
  // Tells a body of another known kind from one of an unknown kind, for the words of the 400.
  // Null: every kind of the expected group-version counts as known.
  const Registry* registry = nullptr;
  bool any_version = false;  // only the kind has to match
  bool terse = false;        // a refusal says what is wrong, and not what was expected
};

// An empty body is malformed; `null` is an empty object.
ApiResult<DecodedBody> decode_body(const net::Request& request, const ExpectedKind& expected);

// Why what has these kind and apiVersion is not what was expected, in the words of a decoder;
// nullopt: it is. What is missing is no difference.
std::optional<std::string> wrong_kind(const codec::Json& object, const ExpectedKind& expected);

// A body without a schema, which is a patch in JSON. `prefix` is put before what is wrong with it.
struct DecodedPatch {
  codec::Json patch;
  std::vector<std::string> duplicates;  // paths of names that occur twice
};
ApiResult<DecodedPatch> decode_patch(std::string_view body, std::string_view prefix);

// An apply configuration: YAML, or JSON, which is YAML too.
struct DecodedConfiguration {
  codec::Json object;
  std::vector<std::string> repeated_keys;  // as those of DecodedBody
};
ApiResult<DecodedConfiguration> decode_configuration(std::string_view body);

// DeleteOptions from the body, or, with an empty body, from the query. Of any apiVersion: every
// group has its own name for them.
struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::string propagation;  // "", "Background", "Foreground", "Orphan"
  std::string precondition_uid;
  std::string precondition_revision;
  bool dry_run = false;
  bool cascade_asked = false;  // in the old way, as orphanDependents: what stays is answered 202
};
ApiResult<DeleteOptions> decode_delete_options(const net::Request& request,
                                               const codec::Query& query);

// `fieldValidation`: what unknown and duplicate fields lead to. `options` is the kind that a
// refusal names: CreateOptions, UpdateOptions, PatchOptions.
enum class FieldValidation : std::uint8_t { ignore, warn, strict };
ApiResult<FieldValidation> field_validation(std::string_view parameter,
                                            std::string_view options = "CreateOptions");
// "unknown field \"spec.foo\"", one text a field; and all of them as one error.
std::vector<std::string> field_problems(const DecodedBody& body);
std::string strict_error(const std::vector<std::string>& problems);
// Keys that YAML repeats are one error, and a warning each.
std::string repeated_keys_error(const std::vector<std::string>& lines);
// Strict: the 400; warn: texts for Warning headers are appended.
ApiResult<void> report_fields(const DecodedBody& body, FieldValidation mode,
                              const ExpectedKind& expected, std::vector<std::string>& warnings);
// Both in one: what to do with a body that a client sent.
ApiResult<DecodedBody> decode_body(const net::Request& request, const ExpectedKind& expected,
                                   FieldValidation mode, std::vector<std::string>& warnings);

}  // namespace signet::machinery
