// gzip, to send large answers over slow lines.
//
// Limits   level 1: an answer waits for it, and higher levels cost several times as much for a few
//          per cent.
// Source   RFC 1952.
#pragma once

#include <string>
#include <string_view>

namespace signet::codec {

std::string gzip(std::string_view bytes);

}  // namespace signet::codec
