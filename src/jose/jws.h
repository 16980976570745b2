// Compact JWS: taken apart strictly, put together, and its signature checked against a key set.
//
//   TRY(auto jws, parse_jws(bearer));
//   if (check_signature(jws, keys, WithoutKid::try_all) != SignatureCheck::good) refuse();
//
// Shape    header.payload.signature, base64url without padding, one spelling per value. The header
//          is one JSON object with `alg`; embedded keys and URLs are never used.
//          An ECDSA signature is as good with n - s for s: a token is not known by its signature.
// Errors   invalid: anything else. The text says which part, never what was in it.
// Limits   16 KiB as a whole, 4 KiB of header, 12 KiB of payload (decoded), 128 members, depth 16,
//          `kid` 1024 bytes, as long as an external signer may make them.
// Source   RFC 7515 s3.1, s4.1, s5.2, s7.1; RFC 8725 s3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/key.h"
#include "jose/algorithm.h"
#include "jose/jwk.h"

namespace signet::jose {

inline constexpr std::size_t token_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t header_bytes_max = std::size_t{4} * 1024;
inline constexpr std::size_t payload_bytes_max = std::size_t{12} * 1024;
inline constexpr std::size_t token_kid_bytes_max = 1024;

struct Jws {
  std::optional<Algorithm> algorithm;  // none: `alg` names something this program does not do
  std::string kid;                     // empty when absent
  std::optional<std::string> type;     // `typ`
  bool critical = false;               // has `crit`: something we must understand and do not
  bool embeds_key = false;             // has jwk, jku, x5c, x5u, x5t or x5t#S256
  std::string_view signing_input;      // into the parsed text
  std::string payload;                 // decoded, not looked into
  std::string signature;               // decoded
};

// The result borrows `compact`.
Result<Jws> parse_jws(std::string_view compact);

enum class SignatureCheck : std::uint8_t { good, unknown_key, bad };
enum class WithoutKid : std::uint8_t {
  try_all,   // what kube-apiserver does for its own tokens: every key in order
  only_key,  // what a relying party may do: exactly one key has the algorithm, or unknown_key
};

// A kid selects the keys of that name; they are tried in order. A key is only ever used with its
// own algorithm. `crit`, or an algorithm without a row, is bad.
SignatureCheck check_signature(const Jws& jws, std::span<const VerificationKey> keys,
                               WithoutKid without_kid);

// {"alg":"RS256","kid":"..."}: these two members, this order, no `typ`. Base64url of it.
std::string encode_header(Algorithm algorithm, std::string_view kid);

// encoded_header.payload.signature. `key` must be of the algorithm the header names.
Result<std::string> sign_compact(const crypto::PrivateKey& key, std::string_view encoded_header,
                                 std::string_view payload);

// `iss` as an unverified payload shows it, to decide who should look at the token at all. As
// lenient as Kubernetes is here: member name in any case, the last of several wins. None: not a
// JWS, not JSON, or no string of that name. Believe nothing of it.
std::optional<std::string> peek_issuer(std::string_view compact);
std::optional<std::string> peek_issuer(const Jws& jws);

}  // namespace signet::jose
