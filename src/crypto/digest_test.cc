#include "crypto/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "codec/base64.h"

namespace signet::crypto {
namespace {

std::string hex(const Sha256& digest) {
  return codec::hex_encode(as_bytes(digest));
}

TEST(Digest, gives_the_sha256_of_fips_180) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, gives_every_length) {
  EXPECT_EQ(digest(Digest::sha256, "abc"), as_bytes(sha256("abc")));
  EXPECT_EQ(codec::hex_encode(digest(Digest::sha384, "abc")).substr(0, 16), "cb00753f45a35e8b");
  EXPECT_EQ(digest(Digest::sha384, "abc").size(), 48U);
  EXPECT_EQ(codec::hex_encode(digest(Digest::sha512, "abc")).substr(0, 16), "ddaf35a193617aba");
  EXPECT_EQ(digest(Digest::sha512, "abc").size(), 64U);
}

// RFC 4231 s4.2, s4.3 and s4.7 (a key longer than a block).
TEST(Hmac, gives_the_vectors_of_rfc_4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, of_parts_is_that_of_their_concatenation) {
  const std::array<std::string_view, 3> parts{"what do ", "", "ya want for nothing?"};
  EXPECT_EQ(hmac_sha256("Jefe", parts), hmac_sha256("Jefe", "what do ya want for nothing?"));
}

TEST(ConstantTimeCompare, tells_equal_from_different) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("token", "token"));
  EXPECT_FALSE(equal_in_constant_time("token", "tokeN"));
  EXPECT_FALSE(equal_in_constant_time("token", "token "));
}

}  // namespace
}  // namespace signet::crypto
