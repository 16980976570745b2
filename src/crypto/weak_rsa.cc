#include "crypto/weak_rsa.h"

#include <cstdint>
#include <vector>

namespace signet::crypto {
namespace {

constexpr std::uint64_t factor_max = 10'000;
// Of these primes the library's generator, 65537, reaches only a part of the residues.
constexpr std::uint64_t roca_prime_max = 167;
constexpr std::uint64_t roca_generator = 65537;

std::vector<std::uint64_t> odd_primes() {
  std::vector<bool> composite(factor_max);
  std::vector<std::uint64_t> primes;
  for (std::uint64_t n = 3; n < factor_max; n += 2) {
    if (composite[n]) continue;
    primes.push_back(n);
    for (std::uint64_t multiple = n * n; multiple < factor_max; multiple += n) {
      composite[multiple] = true;
    }
  }
  return primes;
}

// Primes whose product fits 32 bits: one division of the modulus serves them all.
struct Batch {
  std::uint64_t product = 1;
  std::vector<std::uint64_t> primes;
};

std::vector<Batch> batches() {
  std::vector<Batch> out(1);
  for (const auto prime : odd_primes()) {
    if (out.back().product * prime > UINT32_MAX) out.emplace_back();
    out.back().product *= prime;
    out.back().primes.push_back(prime);
  }
  return out;
}

std::uint64_t remainder(std::string_view modulus, std::uint64_t divisor) {
  std::uint64_t rest = 0;
  std::size_t at = 0;
  const auto next = [&] { return static_cast<std::uint8_t>(modulus[at++]); };
  while (at < modulus.size() % 4) rest = (rest << 8U | next()) % divisor;
  while (at < modulus.size()) {
    std::uint64_t word = 0;
    for (int i = 0; i < 4; ++i) word = word << 8U | next();
    rest = (rest << 32U | word) % divisor;
  }
  return rest;
}

bool is_power_of_generator(std::uint64_t residue, std::uint64_t prime) {
  std::uint64_t power = 1;
  do {
    if (power == residue) return true;
    power = power * (roca_generator % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool is_weak_rsa_modulus(std::string_view modulus) {
  static const auto all = batches();
  bool roca = true;
  for (const auto& batch : all) {
    const auto rest = remainder(modulus, batch.product);
    for (const auto prime : batch.primes) {
      const auto residue = rest % prime;
      if (residue == 0) return true;
      roca = roca && (prime > roca_prime_max || is_power_of_generator(residue, prime));
    }
  }
  return roca;
}

}  // namespace signet::crypto
