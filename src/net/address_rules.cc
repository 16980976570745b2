#include "net/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/cat.h"
#include "base/try.h"

namespace signet::net {
namespace {

constexpr std::size_t cidrs_max = 64;
constexpr std::size_t ports_max = 16;
constexpr std::size_t v4_offset = 12;
constexpr std::array<std::uint8_t, v4_offset> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Special {
  std::array<std::uint8_t, 4> bytes;  // the first four
  std::uint8_t prefix;
};

// The IANA IPv4 special-purpose registry: whatever is not globally reachable, and multicast.
constexpr std::array<Special, 15> special_v4{{{{0, 0, 0, 0}, 8},
                                              {{10, 0, 0, 0}, 8},
                                              {{100, 64, 0, 0}, 10},
                                              {{127, 0, 0, 0}, 8},
                                              {{169, 254, 0, 0}, 16},
                                              {{172, 16, 0, 0}, 12},
                                              {{192, 0, 0, 0}, 24},
                                              {{192, 0, 2, 0}, 24},
                                              {{192, 88, 99, 0}, 24},
                                              {{192, 168, 0, 0}, 16},
                                              {{198, 18, 0, 0}, 15},
                                              {{198, 51, 100, 0}, 24},
                                              {{203, 0, 113, 0}, 24},
                                              {{224, 0, 0, 0}, 4},
                                              {{240, 0, 0, 0}, 4}}};

// What of 2000::/3 is no public host: protocol assignments with Teredo, documentation twice.
constexpr std::array<Special, 3> special_v6{{{{0x20, 0x01, 0x00, 0x00}, 23},
                                             {{0x20, 0x01, 0x0d, 0xb8}, 32},
                                             {{0x3f, 0xff, 0x00, 0x00}, 20}}};

bool within(const std::uint8_t* bytes, const std::uint8_t* range, std::size_t prefix) {
  const std::size_t whole = prefix / 8;
  if (std::memcmp(bytes, range, whole) != 0) return false;
  const auto rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return (bytes[whole] & mask) == (range[whole] & mask);
}

bool is_v4(const AddressBytes& bytes) {
  return std::memcmp(bytes.data(), mapped.data(), mapped.size()) == 0;
}

AddressBytes from_v4(const std::uint8_t* four) {
  AddressBytes bytes{};
  std::ranges::copy(mapped, bytes.begin());
  std::memcpy(bytes.data() + v4_offset, four, 4);
  return bytes;
}

// RFC 6052 s2.1 (64:ff9b::/96) and RFC 3056 (2002::/16): an IPv4 host behind an IPv6 address.
std::optional<AddressBytes> embedded_v4(const AddressBytes& bytes) {
  constexpr AddressBytes nat64{0x00, 0x64, 0xff, 0x9b};
  if (within(bytes.data(), nat64.data(), 96)) return from_v4(bytes.data() + v4_offset);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return from_v4(bytes.data() + 2);
  return std::nullopt;
}

bool is_public(const AddressBytes& bytes) {
  if (is_v4(bytes)) {
    return std::ranges::none_of(special_v4, [&](const Special& special) {
      return within(bytes.data() + v4_offset, special.bytes.data(), special.prefix);
    });
  }
  if (const auto inner = embedded_v4(bytes)) return is_public(*inner);
  return (bytes[0] & 0xe0U) == 0x20 &&
         std::ranges::none_of(special_v6, [&](const Special& special) {
           return within(bytes.data(), special.bytes.data(), special.prefix);
         });
}

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() >= INET6_ADDRSTRLEN || terminated.contains('\0')) return std::nullopt;
  AddressBytes bytes{};
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return bytes;
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, terminated.c_str(), four.data()) == 1) return from_v4(four.data());
  return std::nullopt;
}

}  // namespace

Result<AddressRules::Range> AddressRules::parse_range(std::string_view cidr) {
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorKind::invalid, cat("CIDR ", cidr.substr(0, 64), ": ", why));
  };
  const auto slash = cidr.find('/');
  if (slash == std::string_view::npos) return wrong("no prefix length");
  const auto bytes = parse_address(cidr.substr(0, slash));
  if (!bytes) return wrong("not an address");
  const bool four = !cidr.substr(0, slash).contains(':');
  const auto digits = cidr.substr(slash + 1);
  unsigned length = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.empty() ||
      length > (four ? 32U : 128U)) {
    return wrong("not a prefix length");
  }
  const auto prefix = static_cast<std::uint8_t>(four ? length + 96 : length);
  for (std::size_t bit = prefix; bit < 128; ++bit) {
    if (((*bytes)[bit / 8] & (0x80U >> (bit % 8))) != 0) return wrong("bits behind its prefix");
  }
  return Range{.bytes = *bytes, .prefix = prefix};
}

Result<AddressRules> AddressRules::create(const Options& options) {
  if (options.allowed_cidrs.size() > cidrs_max) {
    return fail(ErrorKind::invalid, "allowed CIDRs: more than 64");
  }
  if (options.ports.empty() || options.ports.size() > ports_max ||
      std::ranges::count(options.ports, 0) != 0) {
    return fail(ErrorKind::invalid, "ports: must be 1 to 16 numbers above 0");
  }
  AddressRules rules;
  rules.ports_ = options.ports;
  for (const auto& cidr : options.allowed_cidrs) {
    TRY(const auto range, parse_range(cidr));
    rules.allowed_.push_back(range);
  }
  return rules;
}

bool AddressRules::allows(const AddressBytes& bytes, std::uint16_t port) const {
  if (std::ranges::count(ports_, port) == 0) return false;
  if (is_public(bytes)) return true;
  const auto inner = embedded_v4(bytes);
  return std::ranges::any_of(allowed_, [&](const Range& range) {
    return within(bytes.data(), range.bytes.data(), range.prefix) ||
           (inner && within(inner->data(), range.bytes.data(), range.prefix));
  });
}

bool AddressRules::allows(const sockaddr& address) const {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    return allows(from_v4(reinterpret_cast<const std::uint8_t*>(&in.sin_addr)), ntohs(in.sin_port));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    AddressBytes bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return allows(bytes, ntohs(in.sin6_port));
  }
  return false;
}

bool AddressRules::allows(std::string_view address, std::uint16_t port) const {
  const auto bytes = parse_address(address);
  return bytes && allows(*bytes, port);
}

}  // namespace signet::net
