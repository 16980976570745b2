#include "crypto/ed25519_point.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace signet::crypto {
namespace {

using Coordinate = std::array<std::uint8_t, ed25519_point_bytes>;

constexpr unsigned sign_bit = 0x80;

// y in little-endian bytes; both signs of x share one.
Coordinate coordinate(std::string_view point) {
  Coordinate y{};
  std::ranges::copy(point.substr(0, y.size()), y.begin());
  y.back() = static_cast<std::uint8_t>(y.back() & ~sign_bit);
  return y;
}

constexpr Coordinate near_prime(std::uint8_t lowest) {
  Coordinate y{};
  y.fill(0xff);
  y.front() = lowest;
  y.back() = 0x7f;
  return y;
}
constexpr Coordinate small(std::uint8_t lowest) {
  Coordinate y{};
  y.front() = lowest;
  return y;
}

// p ends in 0xed. The last two are 0 and 1 again, not reduced.
constexpr std::array<Coordinate, 7> small_orders{{
    small(0),          // order 4
    small(1),          // order 1
    near_prime(0xec),  // order 2
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},  // order 8
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},  // order 8
    near_prime(0xed),
    near_prime(0xee),
}};

}  // namespace

bool is_small_order_ed25519(std::string_view point) {
  if (point.size() != ed25519_point_bytes) return false;
  return std::ranges::find(small_orders, coordinate(point)) != small_orders.end();
}

bool is_reduced_ed25519(std::string_view point) {
  if (point.size() != ed25519_point_bytes) return false;
  const auto y = coordinate(point);
  constexpr auto prime = near_prime(0xed);
  return std::ranges::lexicographical_compare(y.rbegin(), y.rend(), prime.rbegin(), prime.rend());
}

}  // namespace signet::crypto
