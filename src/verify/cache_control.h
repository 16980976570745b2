// How long a server says its answer is good for, read strictly: what cannot be read counts as
// nothing said.
//
//   const auto said = read_freshness(response.header("cache-control"), response.header("age"));
//   if (said.lifetime) ttl = clamp(*said.lifetime);
//
// Shape    `lifetime` is max-age less Age, never below zero; no-store and no-cache are a lifetime
//          of zero, whatever stands beside them. A list with a malformed member, or with two
//          different max-age, says nothing unless it also forbids keeping.
// Limits   4 KiB, 32 directives; seconds beyond 2^31 count as 2^31.
// Source   RFC 9111 s1.2.2, s5.1, s5.2.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace signet::verify {

struct Freshness {
  std::optional<std::chrono::seconds> lifetime;
};
Freshness read_freshness(std::string_view cache_control, std::string_view age);

}  // namespace signet::verify
