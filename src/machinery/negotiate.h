// In what form the client wants its answer, and how its body is to be read.
//
// Errors   406, 415, 400 and 413 as api.md A.5 and C.2 spell them.
// Source   RFC 9110 s12.5.1; api.md A.5, A.6, D.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/form.h"
#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/kind.h"
#include "net/http.h"

namespace signet::machinery {

enum class Format : std::uint8_t { json, pretty_json, yaml };
enum class Transform : std::uint8_t { none, table, metadata, metadata_list };

struct Negotiated {
  Format format = Format::json;
  Transform transform = Transform::none;
  std::string transform_version = "v1";  // of meta.k8s.io: v1 or v1beta1
};

// What this endpoint can turn its answer into besides the plain object.
struct Offered {
  bool table = false;
  bool metadata = false;       // PartialObjectMetadata, for one object
  bool metadata_list = false;  // PartialObjectMetadataList
  bool watch = false;          // a stream of JSON documents: YAML is not acceptable
};

ApiResult<Negotiated> negotiate(const net::Request& request, std::string_view pretty_parameter,
                                Offered offered);

// The body as an object of the expected kind: JSON, YAML or protobuf by Content-Type, kind and
// apiVersion checked or filled in, normalised by `schema`. An empty body is malformed.
struct DecodedBody {
  codec::Json object;
  std::vector<std::string> unknown;     // paths of unknown fields
  std::vector<std::string> duplicates;  // paths of duplicate fields
};
struct ExpectedKind {
  std::string_view api_version;  // "v1"
  std::string_view kind;         // "Pod"
  std::string_view group;
  const Schema* schema = nullptr;
};
ApiResult<DecodedBody> decode_body(const net::Request& request, const ExpectedKind& expected);

// A body without a schema (a patch): JSON or YAML by what the caller says.
ApiResult<codec::Json> decode_patch(std::string_view body, bool yaml);

// DeleteOptions from the body (JSON, YAML or protobuf), or, with an empty body, from the query.
struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::string propagation;  // "", "Background", "Foreground", "Orphan"
  std::string precondition_uid;
  std::string precondition_revision;
  bool dry_run = false;
};
ApiResult<DeleteOptions> decode_delete_options(const net::Request& request,
                                               const codec::Query& query);

// `fieldValidation`: what unknown and duplicate fields lead to.
enum class FieldValidation : std::uint8_t { ignore, warn, strict };
ApiResult<FieldValidation> field_validation(std::string_view parameter);
// Strict: the 400; warn: texts for Warning headers are appended.
ApiResult<void> report_fields(const DecodedBody& body, FieldValidation mode,
                              const ExpectedKind& expected, std::vector<std::string>& warnings);

// An answer: status, JSON bytes (compact) in the negotiated format, Warning headers.
net::Response respond(int status, std::string json, Format format,
                      const std::vector<std::string>& warnings = {});
net::Response respond(const ApiError& error, Format format);
// For errors before or outside negotiation: pretty for curl-like agents, as Kubernetes does.
Format error_format(const net::Request& request);

}  // namespace signet::machinery
