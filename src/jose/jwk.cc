#include "jose/jwk.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "crypto/digest.h"

namespace signet::jose {

namespace {

// RFC 7518 s6.2.2, s6.3.2, s6.4: what only the owner of a key may know.
constexpr std::array<std::string_view, 8> private_members{"d",  "p",  "q",   "dp",
                                                          "dq", "qi", "oth", "k"};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  append(out, ",\"", name, "\":\"", value, '"');
}

// `kty`, RFC 7518 s6.1, RFC 8037 s2.
std::string_view key_type_name(crypto::KeyType type) {
  if (type == crypto::KeyType::rsa) return "RSA";
  return type == crypto::KeyType::ed25519 ? "OKP" : "EC";
}

void append_jwk(std::string& out, const VerificationKey& key) {
  const auto& algorithm = row(key.algorithm);
  const auto type = key.key.type();
  append(out, R"({"use":"sig","kty":")", key_type_name(type), R"(","kid":)");
  codec::append_json_string(out, key.kid, codec::Escape::html);
  if (type == crypto::KeyType::rsa) {
    const auto numbers = key.key.rsa_numbers();
    append_member(out, "alg", algorithm.name);
    append_member(out, "n", codec::base64url_encode(numbers.n));
    append_member(out, "e", codec::base64url_encode(numbers.e));
  } else if (type == crypto::KeyType::ed25519) {
    append_member(out, "crv", algorithm.curve);
    append_member(out, "alg", algorithm.name);
    // RFC 8410 s4: the point is what a SubjectPublicKeyInfo ends in.
    const auto point =
        key.key.spki_der().substr(key.key.spki_der().size() - crypto::coordinate_bytes(type));
    append_member(out, "x", codec::base64url_encode(point));
  } else {
    const auto point = key.key.ec_point();
    append_member(out, "crv", algorithm.curve);
    append_member(out, "alg", algorithm.name);
    append_member(out, "x", codec::base64url_encode(point.x));
    append_member(out, "y", codec::base64url_encode(point.y));
  }
  out += '}';
}

bool may_verify(const codec::Json& jwk) {
  const auto* use = codec::find(jwk, "use");
  if (use != nullptr && codec::string_at(jwk, "use") != "sig") return false;
  if (codec::find(jwk, "key_ops") == nullptr) return true;
  const auto& operations = codec::array_at(jwk, "key_ops");
  return std::ranges::any_of(operations, [](const codec::Json& operation) {
    return operation.is_string() && operation.get_string() == "verify";
  });
}

std::optional<crypto::PublicKey> read_numbers(const codec::Json& jwk) {
  const auto bytes = [&](std::string_view name) {
    return codec::base64url_decode(codec::string_at(jwk, name)).value_or(std::string());
  };
  const auto kind = codec::string_at(jwk, "kty");
  const auto curve = codec::string_at(jwk, "crv");
  Result<crypto::PublicKey> key = fail(ErrorKind::invalid, "JWK: unknown kty or crv");
  if (kind == "RSA") key = crypto::PublicKey::from_rsa(bytes("n"), bytes("e"));
  if (kind == "OKP" && curve == "Ed25519") key = crypto::PublicKey::from_ed25519(bytes("x"));
  for (const auto& algorithm : algorithm_table) {
    if (kind == "EC" && algorithm.curve == curve && key_type_name(algorithm.key_type) == kind) {
      key = crypto::PublicKey::from_ec(algorithm.key_type, bytes("x"), bytes("y"));
    }
  }
  if (!key) return std::nullopt;
  return *std::move(key);
}

std::optional<VerificationKey> read_key(const codec::Json& jwk) {
  if (!jwk.is_object() || !may_verify(jwk)) return std::nullopt;
  const auto* kid = codec::find(jwk, "kid");
  if (kid != nullptr && !kid->is_string()) return std::nullopt;
  const auto name = codec::string_at(jwk, "kid");
  if (name.size() > kid_bytes_max) return std::nullopt;
  auto key = read_numbers(jwk);
  if (!key) return std::nullopt;
  std::optional algorithm = algorithm_of(key->type());
  if (codec::find(jwk, "alg") != nullptr) algorithm = algorithm_named(codec::string_at(jwk, "alg"));
  if (!algorithm || row(*algorithm).key_type != key->type()) return std::nullopt;
  return VerificationKey{.kid = std::string(name), .algorithm = *algorithm, .key = *std::move(key)};
}

bool holds_secret(const codec::Json& jwk) {
  if (!jwk.is_object()) return false;
  return std::ranges::any_of(
      private_members, [&](std::string_view name) { return jwk.get_object().contains(name); });
}

bool is_taken(std::span<const VerificationKey> keys, const VerificationKey& key) {
  return !key.kid.empty() && std::ranges::any_of(keys, [&](const VerificationKey& other) {
    return other.kid == key.kid && other.algorithm == key.algorithm;
  });
}

}  // namespace

std::string key_id(const crypto::PublicKey& key) {
  const auto digest = crypto::sha256(key.spki_der());
  return codec::base64url_encode(crypto::as_bytes(digest));
}

VerificationKey verification_key(const crypto::PublicKey& key) {
  return {.kid = key_id(key), .algorithm = algorithm_of(key.type()), .key = key};
}

std::string to_jwk(const VerificationKey& key) {
  std::string out;
  append_jwk(out, key);
  return out;
}

std::string to_jwks(std::span<const VerificationKey> keys) {
  std::string out = R"({"keys":[)";
  for (const auto& key : keys) {
    if (&key != keys.data()) out += ',';
    append_jwk(out, key);
  }
  out += "]}";
  return out;
}

Result<ParsedJwks> parse_jwks(std::string_view document) {
  TRY(const auto json,
      codec::parse_json_strict(document, {.bytes_max = jwks_bytes_max, .depth_max = 16}));
  const auto* entries = codec::find(json, "keys");
  if (entries == nullptr || !entries->is_array()) {
    return fail(ErrorKind::invalid, "JWKS: no array \"keys\"");
  }
  const auto& list = entries->get_array();
  if (list.size() > jwks_entries_max) return fail(ErrorKind::invalid, "JWKS: too many keys");
  if (std::ranges::any_of(list, holds_secret)) {
    return fail(ErrorKind::invalid, "JWKS: publishes a private or symmetric key");
  }
  ParsedJwks parsed;
  for (const auto& entry : list) {
    auto key = read_key(entry);
    if (!key) {
      ++parsed.skipped;
      continue;
    }
    if (is_taken(parsed.keys, *key)) {
      return fail(ErrorKind::invalid, "JWKS: two keys share a key id");
    }
    parsed.keys.push_back(*std::move(key));
  }
  if (parsed.keys.size() > jwks_keys_max) {
    return fail(ErrorKind::invalid, "JWKS: too many usable keys");
  }
  return parsed;
}

}  // namespace signet::jose
