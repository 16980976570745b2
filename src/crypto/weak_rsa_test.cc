#include "crypto/weak_rsa.h"

#include <gtest/gtest.h>

#include "crypto/key.h"

namespace signet::crypto {
namespace {

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// 2,048 bits without a factor below 10,000, of which every residue by a prime up to 167 is a power
// of 65537. Made by such a sum; it need not be a product of two primes to be told.
constexpr std::string_view roca =
    "80000000364e031f4dd5e1800bfbd14aa3091b49afc64058eb5be4fd13e6e834ce824cdfb3fb667c7eb1ec14"
    "6839ee7988032e0e9e8b2df52a8a908f4d669e7bd04e3a2705fa0715b5d167b046e514ac637203e05276ee69"
    "d09dbd4413a9d85d08c61c2585a7a9a5166f394fc080659d4c4eec5612ca8abeeb20eb83eacd81e98701eb2b"
    "38194904a9dadb77608b2cdd752faf2f7dd84dbf7cb17873dd253afa4ab9bf4b76dd4451bb24f00dec91bcc9"
    "f5085475ff41e1e964d2d94b78f078d45028f33d5d6296f858cb33f95233eb131013a105f62155bdba4f04f9"
    "ef75aaace0c3e55be2636d053711bf7a6527431467076a18a5ab8544a124db710a0a9eb9";

TEST(WeakRsa, a_key_that_was_just_made_is_not) {
  for (int i = 0; i < 3; ++i) {
    const auto key = PrivateKey::generate(NewKey::rsa2048);
    EXPECT_FALSE(is_weak_rsa_modulus(key->public_key().rsa_numbers().n));
  }
}

TEST(WeakRsa, a_small_factor_is_found_wherever_it_lies) {
  for (const unsigned factor : {3U, 167U, 173U, 4999U, 9973U}) {
    // factor * 2^2040 + factor: odd, and of the length of a key.
    std::string modulus(257, '\0');
    modulus[0] = static_cast<char>(factor >> 8U);
    modulus[1] = static_cast<char>(factor);
    modulus[255] = static_cast<char>(factor >> 8U);
    modulus[256] = static_cast<char>(factor);
    EXPECT_TRUE(is_weak_rsa_modulus(modulus)) << factor;
  }
}

TEST(WeakRsa, the_residues_of_the_library_with_the_small_group_are_known) {
  auto modulus = from_hex(roca);
  EXPECT_TRUE(is_weak_rsa_modulus(modulus));
  const auto refused = PublicKey::from_rsa(modulus, std::string("\x01\x00\x01", 3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "RSA key: the modulus is weak");
}

}  // namespace
}  // namespace signet::crypto
