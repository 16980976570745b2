// Which addresses an outgoing connection may reach: asked with the address that is connected to,
// after names were resolved, so that no name can lie about it.
//
//   TRY(auto rules, AddressRules::create({.allowed_cidrs = {"10.0.0.0/8"}}));
//   if (!rules.allows(*address)) refuse();
//
// Shape    public unicast addresses on an allowed port. Loopback, private, link-local (with the
//          metadata services), carrier-grade NAT, unique-local, multicast, documentation and
//          reserved ranges only where an allowed CIDR covers them. An IPv4 address inside an IPv6
//          one (mapped, NAT64, 6to4) is judged as the IPv4 address.
// Errors   invalid: not a CIDR, or bits set behind its prefix.
// Limits   64 CIDRs, 16 ports.
// Threads  immutable.
// Source   IANA special-purpose address registries (RFC 6890); verify.md B.15.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace signet::net {

// An IPv4 address is held as ::ffff:a.b.c.d.
using AddressBytes = std::array<std::uint8_t, 16>;

class AddressRules {
 public:
  struct Options {
    std::vector<std::string> allowed_cidrs;  // "10.0.0.0/8", "fd00::/8", "127.0.0.1/32"
    std::vector<std::uint16_t> ports = {443, 6443};
  };

  // Public addresses, the usual ports.
  AddressRules() = default;
  static Result<AddressRules> create(const Options& options);

  bool allows(const sockaddr& address) const;
  // A numeric address as inet_ntop() writes it; anything else is refused.
  bool allows(std::string_view address, std::uint16_t port) const;

  friend bool operator==(const AddressRules&, const AddressRules&) = default;

 private:
  struct Range {
    AddressBytes bytes;
    std::uint8_t prefix;  // of 128 bits
    friend bool operator==(const Range&, const Range&) = default;
  };

  static Result<Range> parse_range(std::string_view cidr);
  bool allows(const AddressBytes& bytes, std::uint16_t port) const;

  std::vector<Range> allowed_;
  std::vector<std::uint16_t> ports_ = {443, 6443};
};

}  // namespace signet::net
