// Reads Kubernetes protobuf bodies into JSON, driven by the schema of the kind.
//
// Shape    "k8s\0" + Unknown{typeMeta, raw}; proto2 semantics; empty strings count as absent where
//          the field is Emit::when_set; unknown fields are skipped.
// Errors   invalid: truncated, over-long, wrong wire type, invalid UTF-8.
// Limits   nesting 32, and the size of the body itself.
// Source   Kubernetes protobuf encoding (api.md A.6), protobuf wire format.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::machinery {

struct ProtobufEnvelope {
  std::string api_version;
  std::string kind;
  std::string_view raw;  // points into the body
};

Result<ProtobufEnvelope> open_envelope(std::string_view body);
// The message `raw` as JSON in schema order; kind and apiVersion are the caller's to add.
Result<codec::Json> decode_protobuf(const Schema& schema, std::string_view raw);

}  // namespace signet::machinery
