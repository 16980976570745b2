// Points of Curve25519 that no honest key or signature has.
//
// Shape    a point of small order makes one signature good for many messages; a coordinate that is
//          not reduced makes two spellings of one point.
// Source   RFC 8032 s5.1.2, s5.1.3; the eight points of small order follow from the curve.
#pragma once

#include <cstddef>
#include <string_view>

namespace signet::crypto {

inline constexpr std::size_t ed25519_point_bytes = 32;

// `point` as RFC 8032 encodes it, 32 bytes.
bool is_small_order_ed25519(std::string_view point);
// y < 2^255 - 19.
bool is_reduced_ed25519(std::string_view point);

}  // namespace signet::crypto
