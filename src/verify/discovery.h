// An issuer's discovery document: where its keys are, and that it is about this issuer at all.
//
//   TRY(auto keys, load_keys("https://k8s.example", fetch));   // two fetches, both checked
//
// Shape    the caller fetches: over https, following no redirect, reading at most the bytes asked
//          for. `jwks_uri` is often on another host than the issuer; which hosts may be contacted
//          is the caller's rule.
// Errors   invalid: an issuer that cannot have a document, or a document that is not this issuer's.
// Limits   document 64 KiB, URLs 2,048 bytes; key sets as in jose/jwk.h.
// Source   OpenID Connect Discovery 1.0 s3, s4.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jose/jwk.h"

namespace signet::verify {

inline constexpr std::size_t discovery_bytes_max = std::size_t{64} * 1024;

// The issuer without one trailing slash, then /.well-known/openid-configuration. invalid unless the
// issuer is an https URL with a host and without user, query and fragment.
Result<std::string> discovery_url(std::string_view issuer);

struct Discovery {
  std::string issuer;
  std::string jwks_uri;
  // Those of the document that we know. It can only narrow what a verifier accepts.
  std::vector<jose::Algorithm> algorithms;
};
// `issuer` is what was configured; the document must repeat it byte for byte.
Result<Discovery> parse_discovery(std::string_view document, std::string_view issuer);

// Gets the body at `url`, refusing more than `bytes_max`.
using Fetch = std::function<Result<std::string>(const std::string& url, std::size_t bytes_max)>;

struct LoadedKeys {
  Discovery discovery;
  jose::ParsedJwks jwks;  // at least one key
};
Result<LoadedKeys> load_keys(std::string_view issuer, const Fetch& fetch);

}  // namespace signet::verify
