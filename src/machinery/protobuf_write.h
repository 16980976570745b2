// Writes objects as Kubernetes protobuf, driven by the schema of the kind: what protobuf.h reads.
//
//   response.body = protobuf_document(object.json(), *kind.schema);
//
// Shape    what JSON has is written, in the order of the schema, and what it leaves out is not:
//          Go's encoders add empty values, and every reader treats an empty value and none alike.
//          The same JSON gives the same bytes, whatever the order of its members.
// Errors   none: members that do not fit the schema are left out; nothing of that kind is stored.
// Source   Kubernetes protobuf encoding (api.md A.6), protobuf wire format.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/schema.h"

namespace signet::machinery {

// Appends the message of `object`, without kind and apiVersion.
void append_protobuf(std::string& out, const Schema& schema, const codec::Json& object);

// "k8s\0" and Unknown{typeMeta, raw}.
std::string protobuf_envelope(std::string_view api_version, std::string_view kind,
                              std::string_view raw);

// A whole document of our own, in its envelope: kind and apiVersion are taken from the JSON.
std::string protobuf_document(std::string_view json, const Schema& schema);

}  // namespace signet::machinery
