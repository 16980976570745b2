// Base64 as tokens (URL-safe, no padding) and Kubernetes data (standard, padded) spell it.
//
// Errors   invalid; a decoder accepts exactly what its encoder writes (RFC 4648 s3.5: unused bits
//          must be zero), so a value has one spelling.
// Source   RFC 4648 s4, s5.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::codec {

std::string base64url_encode(std::string_view bytes);
void append_base64url(std::string& out, std::string_view bytes);
Result<std::string> base64url_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);
Result<std::string> base64_decode(std::string_view text);

std::string hex_encode(std::string_view bytes);  // lower case

}  // namespace signet::codec
