// PEM: the labelled base64 blocks that keys and certificates come in.
//
// Errors   invalid for a block that does not decode or does not end. Text between blocks is
//          skipped, as everybody does.
// Limits   1 MiB of text, 1,000 blocks.
// Source   RFC 7468.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::codec {

struct PemBlock {
  std::string label;  // "RSA PRIVATE KEY"
  std::string der;
};

Result<std::vector<PemBlock>> parse_pem(std::string_view text);
std::string to_pem(std::string_view label, std::string_view der);

}  // namespace signet::codec
