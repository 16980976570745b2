// In what form the client wants its answer.
//
//   TRY(auto negotiated, negotiate(request, query.get("pretty"), {.table = true}));
//
// Shape    the best acceptable clause of Accept wins; a clause whose `as` this endpoint does not
//          offer is passed over, and so is a table in protobuf, which does not exist. Bodies are
//          read by body.h, answers written by respond.h.
// Errors   406 as api.md A.5 spells it.
// Source   RFC 9110 s12.5.1; api.md A.5, D.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "machinery/api_error.h"
#include "machinery/body.h"
#include "machinery/kind.h"
#include "machinery/respond.h"
#include "net/http.h"

namespace signet::machinery {

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
  bool watch = false;          // a stream of events: neither YAML nor indented
  // Whose objects these are, for the 406 of an object asked as a list or the other way round;
  // null: such a clause is passed over.
  const Kind* kind = nullptr;
};

ApiResult<Negotiated> negotiate(const net::Request& request, std::string_view pretty_parameter,
                                Offered offered);

// How an error is written, before or outside negotiation: the negotiated base type, and indented
// JSON where nothing is acceptable, as Kubernetes does.
Format error_format(const net::Request& request);

}  // namespace signet::machinery
