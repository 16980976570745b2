#include "oidc/issuer_rules.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "codec/pem.h"
#include "crypto/certificate.h"

namespace signet::oidc {
namespace {

using machinery::FieldErrors;
using machinery::quoted;

struct UrlParts {
  std::string_view scheme;
  bool user = false;
  bool host = false;
  bool query = false;
  bool fragment = false;
};

// RFC 3986 s3, as far as a rule looks at it.
UrlParts parts_of(std::string_view url) {
  UrlParts out;
  const auto hash = url.find('#');
  out.fragment = hash != std::string_view::npos && hash + 1 < url.size();
  url = url.substr(0, hash);
  const auto mark = url.find('?');
  out.query = mark != std::string_view::npos && mark + 1 < url.size();
  url = url.substr(0, mark);
  const auto end = url.find("://");
  if (end == std::string_view::npos) return out;
  out.scheme = url.substr(0, end);
  const auto rest = url.substr(end + 3);
  const auto authority = rest.substr(0, rest.find('/'));
  const auto at = authority.rfind('@');
  out.user = at != std::string_view::npos;
  const auto host = out.user ? authority.substr(at + 1) : authority;
  out.host = !host.empty() && !host.starts_with(':');
  return out;
}

std::string sorted_list(std::span<const std::string> texts) {
  const std::set<std::string_view> sorted(texts.begin(), texts.end());
  std::string out = "[";
  for (const auto text : sorted) append(out, out.size() > 1 ? " " : "", text);
  return out += ']';
}

void check_url(const std::string& url, std::span<const std::string> own_issuers,
               const std::string& path, FieldErrors& errors) {
  const auto invalid = [&](std::string detail) {
    errors.invalid(path, quoted(url), std::move(detail));
  };
  if (std::ranges::find(own_issuers, url) != own_issuers.end()) {
    invalid(cat("URL must not overlap with disallowed issuers: ", sorted_list(own_issuers)));
  }
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c == '\x7f'; })) {
    return invalid(cat("parse ", quoted(url), ": net/url: invalid control character in URL"));
  }
  const auto parts = parts_of(url);
  if (parts.scheme != "https") {
    invalid("URL scheme must be https");
  } else if (!parts.host) {
    invalid("URL must have a host");
  }
  if (parts.user) invalid("URL must not contain a username or password");
  if (parts.query) invalid("URL must not contain a query");
  if (parts.fragment) invalid("URL must not contain a fragment");
}

std::string_view without_slashes(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

void check_audiences(const Issuer& issuer, const std::string& path, FieldErrors& errors) {
  const auto list = cat(path, ".audiences");
  const auto policy = cat(path, ".audienceMatchPolicy");
  if (issuer.audiences.empty()) {
    return errors.required(list, cat("at least one ", list, " is required"));
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < issuer.audiences.size(); ++i) {
    const auto& audience = issuer.audiences[i];
    const auto element = cat(list, '[', i, ']');
    if (audience.empty()) errors.required(element);
    if (!seen.insert(audience).second) errors.duplicate(element, quoted(audience));
  }
  const auto& given = issuer.audience_match_policy;
  if (given == "MatchAny") return;
  if (issuer.audiences.size() > 1) {
    errors.invalid(policy, quoted(given),
                   "audienceMatchPolicy must be MatchAny for multiple audiences");
  } else if (!given.empty()) {
    errors.invalid(policy, quoted(given),
                   "audienceMatchPolicy must be empty or MatchAny for single audience");
  }
}

bool holds_certificates(std::string_view pem) {
  const auto blocks = codec::parse_pem(pem);
  if (!blocks) return false;
  std::size_t certificates = 0;
  for (const auto& block : *blocks) {
    if (block.label != "CERTIFICATE") continue;
    if (!crypto::Certificate::parse_der(block.der)) return false;
    ++certificates;
  }
  return certificates > 0;
}

}  // namespace

void check_issuer(const Issuer& issuer, std::span<const std::string> own_issuers,
                  const std::string& path, FieldErrors& errors) {
  if (issuer.url.empty()) {
    errors.required(cat(path, ".url"));
  } else {
    check_url(issuer.url, own_issuers, cat(path, ".url"), errors);
  }
  if (!issuer.discovery_url.empty()) {
    const auto field = cat(path, ".discoveryURL");
    if (!issuer.url.empty() &&
        without_slashes(issuer.url) == without_slashes(issuer.discovery_url)) {
      errors.invalid(field, quoted(issuer.discovery_url),
                     "discoveryURL must be different from URL");
    }
    check_url(issuer.discovery_url, {}, field, errors);
  }
  check_audiences(issuer, path, errors);
  if (!issuer.certificate_authority.empty() && !holds_certificates(issuer.certificate_authority)) {
    errors.invalid(cat(path, ".certificateAuthority"), quoted("<omitted>"),
                   "data does not contain any valid RSA or ECDSA certificates");
  }
  if (!issuer.egress_selector_type.empty()) {
    errors.invalid(cat(path, ".egressSelectorType"), quoted(issuer.egress_selector_type),
                   "egress selector is not supported: issuers are reached directly");
  }
}

}  // namespace signet::oidc
