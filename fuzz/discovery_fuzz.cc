// A discovery document that is accepted is about its issuer and names keys over https.
// DEPS verify
#include "verify/discovery.h"

#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view issuer = "https://k8s.example";
  const auto text = fuzz::text_of(data, size);
  if (const auto document = verify::parse_discovery(text, issuer)) {
    fuzz::require(document->issuer == issuer, "the issuer is the one configured");
    fuzz::require(document->jwks_uri.starts_with("https://"), "keys come over https");
    fuzz::require(document->jwks_uri.size() <= 2048, "a URL is bounded");
    fuzz::require(!document->algorithms.empty(), "something can be verified");
    fuzz::require(!verify::parse_discovery(text, "https://other.example"), "one issuer only");
  }
  if (const auto url = verify::discovery_url(text)) {
    fuzz::require(url->ends_with("/.well-known/openid-configuration"), "a document's place");
    fuzz::require(url->starts_with("https://"), "documents come over https");
  }
  return 0;
}
