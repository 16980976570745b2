#include "identity/discovery_export.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "identity/discovery_documents.h"
#include "jose/jwk.h"

namespace signet::identity {
namespace {

// Names a file below its folder, on every host: no empty, dotted or encoded segments.
bool plain_path(std::string_view path) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  if (path.find_first_not_of(allowed) != std::string_view::npos) return false;
  while (!path.empty()) {
    const auto segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (segment.size() == path.size()) return true;
    path.remove_prefix(segment.size() + 1);
  }
  return false;
}

}  // namespace

Result<std::vector<ExportedFile>> export_documents(const ExportPlace& place, std::string jwks) {
  if (auto problem = issuer_problem(place.issuer)) return fail(ErrorKind::invalid, *problem);
  std::string_view base = place.issuer;
  if (base.ends_with('/')) base.remove_suffix(1);
  const auto jwks_uri = place.jwks_uri.empty() ? cat(base, jwks_path) : place.jwks_uri;
  const bool below = jwks_uri.starts_with(base) && jwks_uri.size() > base.size() + 1 &&
                     jwks_uri[base.size()] == '/';
  const auto jwks_file = below ? jwks_uri.substr(base.size() + 1) : std::string();
  const auto configuration_file = configuration_path.substr(1);
  if (!plain_path(jwks_file) || jwks_file == configuration_file) {
    return fail(ErrorKind::invalid,
                cat("the keys at ", jwks_uri, " are not in a file below the issuer ", base));
  }
  TRY(const auto keys, jose::parse_jwks(jwks));
  if (keys.keys.empty()) return fail(ErrorKind::invalid, "there are no keys to publish");
  auto configuration = render_configuration(place.issuer, jwks_uri, keys.keys);
  std::vector<ExportedFile> files;
  files.push_back({.path = jwks_file,
                   .url = jwks_uri,
                   .content_type = std::string(jwks_type),
                   .bytes = std::move(jwks)});
  files.push_back({.path = std::string(configuration_file),
                   .url = cat(base, configuration_path),
                   .content_type = std::string(configuration_type),
                   .bytes = std::move(configuration)});
  return files;
}

}  // namespace signet::identity
