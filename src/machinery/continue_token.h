// Where the next page of a list starts, as the client hands it back.
//
// Shape    unpadded base64url of {"v":"meta.k8s.io/v1","rv":484,"start":"NAME\u0000"}.
// Errors   a text that follows "invalid continue token: ".
// Source   api.md C.4; the texts are wire facts.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "machinery/object.h"

namespace signet::machinery {

struct ContinueToken {
  Revision revision = 0;  // negative: of whatever there is by then
  std::string start;      // keys from here on, after the collection's prefix; stays below it
};

std::string write_continue(const ContinueToken& token);
Result<ContinueToken, std::string> read_continue(std::string_view text);

}  // namespace signet::machinery
