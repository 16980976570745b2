// Puts test vectors of Project Wycheproof to this program's own verification and counts.
//
//   wycheproof FILE...
//
// A file of signatures (RSA, RSA-PSS, ECDSA in JOSE's form, Ed25519) is judged by crypto/, one of
// JSON Web Signatures by jose/. Every invalid one has to be refused. A valid one may be refused
// where this program is stricter on purpose; which those are is said below. Exits 1 on any other
// difference.
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/cat.h"
#include "base/files.h"
#include "codec/json.h"
#include "crypto/signature_verifier.h"
#include "jose/jws.h"

namespace {

using namespace signet;
using codec::Json;
using codec::string_at;

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1]));
  }
  return bytes;
}

struct Count {
  int accepted = 0;
  int refused = 0;
  int stricter = 0;
  int wrong = 0;
};

void judge(Count& count, const Json& test, bool good, std::string_view file,
           std::string_view stricter) {
  const auto expected = string_at(test, "result");
  ++(good ? count.accepted : count.refused);
  // "acceptable": legacy encodings and the like; both answers are allowed.
  if (expected == "acceptable" || good == (expected == "valid")) return;
  if (!good && !stricter.empty()) {
    ++count.stricter;
    return;
  }
  ++count.wrong;
  const auto* id = codec::find(test, "tcId");
  std::cout << file << " " << (id == nullptr ? 0 : id->to_number<int>()) << " ("
            << string_at(test, "comment") << "): " << (good ? "accepted" : "refused") << '\n';
}

std::optional<crypto::Digest> digest_named(std::string_view name) {
  if (name == "SHA-256") return crypto::Digest::sha256;
  if (name == "SHA-384") return crypto::Digest::sha384;
  if (name == "SHA-512") return crypto::Digest::sha512;
  return std::nullopt;
}

// Nothing: a scheme that no algorithm of ours has.
std::optional<crypto::SignatureScheme> scheme_of(const Json& group, std::string_view schema) {
  if (schema.starts_with("eddsa")) return crypto::SignatureScheme{};
  const auto digest = digest_named(string_at(group, "sha"));
  if (!digest) return std::nullopt;
  return crypto::SignatureScheme{.digest = *digest,
                                 .padding = schema.starts_with("rsassa_pss")
                                                ? crypto::RsaPadding::pss
                                                : crypto::RsaPadding::pkcs1};
}

void judge_signatures(Count& count, const Json& group, std::string_view schema,
                      std::string_view file) {
  const auto scheme = scheme_of(group, schema);
  const auto key = crypto::PublicKey::from_spki(from_hex(string_at(group, "publicKeyDer")));
  if (!scheme || !key) {
    std::cout << file << ": a group that cannot be judged\n";
    ++count.wrong;
    return;
  }
  for (const auto& test : codec::array_at(group, "tests")) {
    const bool good = crypto::verify_signature(*key, *scheme, from_hex(string_at(test, "msg")),
                                               from_hex(string_at(test, "sig")));
    judge(count, test, good, file, "");
  }
}

// Why this program refuses a JWS that the vectors call valid; empty where it should not.
std::string_view stricter_about(const Json& group, const Json& test) {
  if (codec::find(group, "public") == nullptr) return "symmetric keys are never used";
  const auto algorithm = string_at(group, "public.alg");
  if (!jose::algorithm_named(algorithm)) return "the key is for an algorithm of no name";
  const auto jws = string_at(test, "jws");
  if (const auto parsed = jose::parse_jws(jws);
      parsed && parsed->algorithm && jose::to_string(*parsed->algorithm) != algorithm) {
    return "the key is for another algorithm than the token names";
  }
  const auto first = jws.find('.');
  if (first != std::string_view::npos && jws.find('.', first + 1) == first + 1) {
    return "a token has claims, so its payload is not empty";
  }
  if (jws.size() > jose::token_bytes_max) return "too large for a token";
  return {};
}

void judge_jws(Count& count, const Json& group, std::string_view file) {
  const auto* jwk = codec::find(group, "public");
  const auto jwks = cat(
      R"({"keys":[)",
      jwk == nullptr ? codec::to_json(*codec::find(group, "private")) : codec::to_json(*jwk), "]}");
  const auto keys = jose::parse_jwks(jwks);
  for (const auto& test : codec::array_at(group, "tests")) {
    const auto jws = jose::parse_jws(string_at(test, "jws"));
    const bool good = keys && jws &&
                      jose::check_signature(*jws, keys->keys, jose::WithoutKid::only_key) ==
                          jose::SignatureCheck::good;
    judge(count, test, good, file, stricter_about(group, test));
  }
}

}  // namespace

int main(int argc, char** argv) {
  Count total;
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    const auto text = read_file(path, std::size_t{64} << 20U);
    const auto document =
        text ? codec::parse_json(*text, {.bytes_max = std::size_t{64} << 20U, .depth_max = 32})
             : std::unexpected(text.error());
    if (!document) {
      std::cout << path << ": " << document.error().message << '\n';
      return 1;
    }
    const auto file = path.substr(path.rfind('/') + 1);
    const auto schema = string_at(document->value, "schema");
    Count count;
    for (const auto& group : codec::array_at(document->value, "testGroups")) {
      if (schema.starts_with("json_web_signature")) {
        judge_jws(count, group, file);
      } else {
        judge_signatures(count, group, schema, file);
      }
    }
    std::cout << file << ": " << count.accepted << " accepted, " << count.refused << " refused, "
              << count.stricter << " of them stricter than the vectors, " << count.wrong
              << " wrong\n";
    total.accepted += count.accepted;
    total.wrong += count.wrong;
  }
  return total.wrong == 0 && total.accepted > 0 ? 0 : 1;
}
