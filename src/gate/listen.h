// Where a surface listens: HOST:PORT, or a socket file as unix:PATH.
//
//   TRY(const auto place, parse_place("unix:/run/signet/gate.sock"));
//
// Errors   invalid, in one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace signet::gate {

struct Place {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;  // instead of host and port

  // Nobody on another machine can get there.
  bool is_local() const;
  std::string to_text() const;

  friend bool operator==(const Place&, const Place&) = default;
};

Result<Place> parse_place(std::string_view text);

}  // namespace signet::gate
