// A token that parses is the one spelling of its parts, and a key that did not sign it says so.
// DEPS codec crypto jose
#include "jose/jws.h"

#include <string>

#include "codec/base64.h"
#include "crypto/key.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = jose::verification_key(
      crypto::PrivateKey::generate(crypto::NewKey::p256).value().public_key());

  const auto text = fuzz::text_of(data, size);
  (void)jose::peek_issuer(text);
  const auto jws = jose::parse_jws(text);
  if (!jws) return 0;
  const auto header = jws->signing_input.substr(0, jws->signing_input.find('.'));
  auto again = std::string(header) + ".";
  codec::append_base64url(again, jws->payload);
  again += '.';
  codec::append_base64url(again, jws->signature);
  fuzz::require(again == text, "one spelling");
  const auto verdict = jose::check_signature(*jws, {&key, 1}, jose::WithoutKid::try_all);
  fuzz::require(verdict != jose::SignatureCheck::good, "nobody forges a signature");
  return 0;
}
