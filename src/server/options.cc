#include "server/options.h"

#include <algorithm>

#include "base/cat.h"
#include "codec/form.h"

namespace signet::server {
namespace {

// RFC 3986 s3: what has a colon begins with a scheme. Spaces and controls are in no URL.
bool is_url(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto scheme_end = text.find(':');
  const auto scheme = text.substr(0, scheme_end);
  const bool named =
      !scheme.empty() && letter(scheme.front()) && std::ranges::all_of(scheme, [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  return named && std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; }) &&
         codec::percent_decode(text).has_value();
}

}  // namespace

Result<void> check(const Options& options) {
  const auto& issuers = options.issuers;
  for (auto issuer = issuers.begin(); issuer != issuers.end(); ++issuer) {
    if (issuer->empty()) return fail(ErrorKind::invalid, "--service-account-issuer: is empty");
    if (issuer->contains(':') && !is_url(*issuer)) {
      return fail(ErrorKind::invalid, cat("--service-account-issuer ", *issuer, ": is no URL"));
    }
    if (std::find(issuers.begin(), issuer, *issuer) != issuer) {
      return fail(ErrorKind::invalid,
                  cat("--service-account-issuer ", *issuer, ": is given twice"));
    }
  }
  if (std::ranges::find(options.api_audiences, std::string()) != options.api_audiences.end()) {
    return fail(ErrorKind::invalid, "--api-audiences: one of them is empty");
  }
  return {};
}

}  // namespace signet::server
