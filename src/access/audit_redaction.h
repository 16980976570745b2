// What no audit event holds, whatever the policy says: tokens, private keys, and the data of
// secrets.
//
//   const auto sensitivity = sensitivity_of(info);
//   redact(sensitivity, body);                        // members that are secret by their place
//   line = scrubbed(std::move(line));                 // and what looks like a token anywhere
//
// Shape    a redacted value is "[redacted]", so that an event stays JSON and keeps its shape; under
//          `data` of a Secret it is that text in base64, which clients with types insist on. This
//          is where events differ from Kubernetes', which leaves it all to the policy.
// Threads  pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/request_info.h"
#include "telemetry/scrub.h"

namespace signet::access {

using telemetry::redacted;
using telemetry::scrubbed;

// What the bodies of a request can hold.
enum class Sensitivity : std::uint8_t {
  plain,
  secret,         // the data of secrets
  token_review,   // the token in question
  token_request,  // the token that was issued
};
Sensitivity sensitivity_of(const machinery::RequestInfo& request);

// A body of such a request, of any shape: an object, a list, a table, a patch, a Status.
void redact(Sensitivity sensitivity, codec::Json& body);

// metadata.managedFields of the object, of the items of a list, of the objects of a table.
void drop_managed_fields(codec::Json& body);

// Path and query as sent, without the values of parameters that hold credentials.
std::string redacted_uri(std::string_view path, std::string_view query);

}  // namespace signet::access
