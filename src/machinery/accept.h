// The Accept header as clauses, best first: what the client would like to get.
//
//   for (const auto& clause : parse_accept(request)) {
//     if (clause.covers("application", "json") && clause.parameter("as").empty()) ...
//   }
//
// Shape    sorted by q, then by position; clauses with q=0 or without a slash are left out. Views
//          point into the request.
// Limits   64 clauses; what follows is not read.
// Source   RFC 9110 s12.5.1; api.md A.5.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace signet::machinery {

struct AcceptClause {
  std::string_view type;        // "application", "*"
  std::string_view subtype;     // "json", "*"
  std::string_view parameters;  // "as=Table;v=v1", as sent
  std::uint16_t q = 1000;       // thousandths

  // True for the media type itself and for the ranges that contain it.
  bool covers(std::string_view wanted_type, std::string_view wanted_subtype) const;
  // Without quotes; empty when missing.
  std::string_view parameter(std::string_view name) const;
};

// Without an Accept header: one clause that covers everything.
std::vector<AcceptClause> parse_accept(const net::Request& request);

// The media type of a header value, without parameters: "Application/JSON; charset=utf-8" is
// equal to "application/json".
bool is_media_type(std::string_view header, std::string_view wanted);

}  // namespace signet::machinery
