// Moduli that somebody may have taken apart already.
//
// Shape    one with a prime factor below 10,000, which no generator makes, and those of a library
//          whose primes all lie in a small group (ROCA, CVE-2017-15361), told by their residues.
// Source   M. Nemec et al., "The Return of Coppersmith's Attack", 2017, s4.
#pragma once

#include <string_view>

namespace signet::crypto {

// `modulus` in big-endian bytes.
bool is_weak_rsa_modulus(std::string_view modulus);

}  // namespace signet::crypto
