#include "jose/jws.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/signature_verifier.h"
#include "crypto/signer.h"
#include "jose/json_reader.h"

namespace signet::jose {

namespace {

// Base64url of n bytes: how long an encoded part may be before it is worth decoding.
constexpr std::size_t encoded_bytes(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

std::optional<Parts> split(std::string_view compact) {
  const auto first = compact.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = compact.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (compact.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{.header = compact.substr(0, first),
               .payload = compact.substr(first + 1, second - first - 1),
               .signature = compact.substr(second + 1)};
}

bool embeds_key(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256"};
  return std::ranges::find(names, name) != names.end();
}

// RFC 7515 s4.1.
bool read_header(std::string& text, Jws& jws) {
  bool has_algorithm = false;
  JsonReader reader(text);
  const bool read = reader.object([&](std::string_view name) {
    std::string_view value;
    if (name == "alg") {
      has_algorithm = true;
      if (!reader.string(value)) return false;
      jws.algorithm = algorithm_named(value);
      return true;
    }
    if (name == "kid") {
      if (!reader.string(value) || value.size() > token_kid_bytes_max) return false;
      jws.kid = value;
      return true;
    }
    if (name == "typ") {
      if (!reader.string(value)) return false;
      jws.type = value;
      return true;
    }
    if (name == "enc" || name == "zip") return false;  // an encrypted token, RFC 7516 s4.1
    jws.critical = jws.critical || name == "crit" || name == "b64";
    jws.embeds_key = jws.embeds_key || embeds_key(name);
    return reader.skip();
  });
  return read && reader.finish() && has_algorithm;
}

Result<std::string> decode_part(std::string_view part, std::string_view name,
                                std::size_t bytes_max) {
  if (part.empty()) return fail(ErrorKind::invalid, cat("token: the ", name, " is empty"));
  if (part.size() > encoded_bytes(bytes_max)) {
    return fail(ErrorKind::invalid, cat("token: the ", name, " is too large"));
  }
  auto decoded = codec::base64url_decode(part);
  if (!decoded) return fail(ErrorKind::invalid, cat("token: the ", name, " is not base64url"));
  return decoded;
}

// The names Go's decoder would take for "iss".
bool is_issuer_name(std::string_view name) {
  if (name.size() < 3 || (name[0] != 'i' && name[0] != 'I')) return false;
  name.remove_prefix(1);
  for (int i = 0; i < 2; ++i) {
    if (name.starts_with('s') || name.starts_with('S')) {
      name.remove_prefix(1);
    } else if (name.starts_with("\xc5\xbf")) {  // U+017F folds to s
      name.remove_prefix(2);
    } else {
      return false;
    }
  }
  return name.empty();
}

std::optional<std::string> issuer_in(std::string payload) {
  std::optional<std::string> issuer;
  JsonReader reader(payload, JsonReader::Repeated::allow);
  const bool read = reader.object([&](std::string_view name) {
    if (!is_issuer_name(name)) return reader.skip();
    std::string_view value;
    if (!reader.string(value)) return false;
    issuer = value;
    return true;
  });
  if (!read || !reader.finish()) return std::nullopt;
  return issuer;
}

bool signed_by(const Jws& jws, const VerificationKey& key) {
  return crypto::verify_signature(key.key, row(key.algorithm).scheme, jws.signing_input,
                                  jws.signature);
}

}  // namespace

Result<Jws> parse_jws(std::string_view compact) {
  if (compact.size() > token_bytes_max) return fail(ErrorKind::invalid, "token: too large");
  const auto parts = split(compact);
  if (!parts) return fail(ErrorKind::invalid, "token: not three parts");
  Jws jws;
  TRY(auto header, decode_part(parts->header, "header", header_bytes_max));
  if (!read_header(header, jws)) {
    return fail(ErrorKind::invalid, "token: the header is not a JSON object with \"alg\"");
  }
  TRY(jws.payload, decode_part(parts->payload, "payload", payload_bytes_max));
  TRY(jws.signature, decode_part(parts->signature, "signature", token_bytes_max));
  jws.signing_input = compact.substr(0, compact.size() - parts->signature.size() - 1);
  return jws;
}

SignatureCheck check_signature(const Jws& jws, std::span<const VerificationKey> keys,
                               WithoutKid without_kid) {
  if (!jws.algorithm || jws.critical) return SignatureCheck::bad;
  const auto candidate = [&](const VerificationKey& key) {
    return jws.kid.empty() ? without_kid == WithoutKid::try_all || key.algorithm == *jws.algorithm
                           : key.kid == jws.kid;
  };
  const auto candidates = std::ranges::count_if(keys, candidate);
  if (candidates == 0) return SignatureCheck::unknown_key;
  if (jws.kid.empty() && without_kid == WithoutKid::only_key && candidates > 1) {
    return SignatureCheck::unknown_key;
  }
  const bool good = std::ranges::any_of(keys, [&](const VerificationKey& key) {
    return candidate(key) && key.algorithm == *jws.algorithm && signed_by(jws, key);
  });
  return good ? SignatureCheck::good : SignatureCheck::bad;
}

std::string encode_header(Algorithm algorithm, std::string_view kid) {
  std::string header = cat(R"({"alg":")", to_string(algorithm), R"(","kid":)");
  codec::append_json_string(header, kid, codec::Escape::html);
  header += '}';
  return codec::base64url_encode(header);
}

Result<std::string> sign_compact(const crypto::PrivateKey& key, std::string_view encoded_header,
                                 std::string_view payload) {
  std::string compact;
  compact.reserve(encoded_header.size() + encoded_bytes(payload.size()) +
                  encoded_bytes(key.public_key().signature_bytes()) + 2);
  append(compact, encoded_header, '.');
  codec::append_base64url(compact, payload);
  TRY(const auto signature, crypto::sign(key, row_of(key.type()).scheme.digest, compact));
  compact += '.';
  codec::append_base64url(compact, signature);
  return compact;
}

std::optional<std::string> peek_issuer(std::string_view compact) {
  if (compact.size() > token_bytes_max) return std::nullopt;
  const auto parts = split(compact);
  if (!parts) return std::nullopt;
  auto payload = codec::base64url_decode(parts->payload);
  if (!payload) return std::nullopt;
  return issuer_in(*std::move(payload));
}

std::optional<std::string> peek_issuer(const Jws& jws) {
  return issuer_in(jws.payload);
}

}  // namespace signet::jose
