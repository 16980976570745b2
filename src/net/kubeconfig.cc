#include "net/kubeconfig.h"

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/yaml.h"

namespace signet::net {
namespace {

using codec::Json;

constexpr std::size_t bytes_max = std::size_t{1} << 20U;

// The entry called `name` of a list like `clusters`, and in it the part called `part`.
Result<const Json*> named(const Json& config, std::string_view list, std::string_view name,
                          std::string_view part) {
  for (const auto& entry : codec::array_at(config, list)) {
    if (codec::string_at(entry, "name") != name) continue;
    if (const auto* found = codec::find(entry, part)) return found;
  }
  return fail(ErrorKind::invalid, cat("no ", part, " \"", name, "\" in ", list));
}

// KEY-data in base64, or the file that KEY names, relative to the kubeconfig; empty without both.
Result<std::string> material(const Json& holder, const std::string& key,
                             const std::string& directory) {
  if (const auto data = codec::string_at(holder, key + "-data"); !data.empty()) {
    return codec::base64_decode(data);
  }
  const std::string path(codec::string_at(holder, key));
  if (path.empty()) return std::string();
  return read_file(path.starts_with('/') ? path : cat(directory, path), bytes_max);
}

Result<AuthorityAccess> read(const std::string& text, const std::string& directory) {
  TRY(const auto config, codec::parse_yaml(text, {}));
  TRY(const auto* context,
      named(config, "contexts", codec::string_at(config, "current-context"), "context"));
  TRY(const auto* cluster,
      named(config, "clusters", codec::string_at(*context, "cluster"), "cluster"));
  TRY(const auto* user, named(config, "users", codec::string_at(*context, "user"), "user"));
  AuthorityAccess access;
  access.server = codec::string_at(*cluster, "server");
  while (access.server.ends_with('/')) access.server.pop_back();
  if (access.server.empty()) return fail(ErrorKind::invalid, "the cluster has no server");
  TRY(access.client.ca_pem, material(*cluster, "certificate-authority", directory));
  TRY(access.client.certificate_pem, material(*user, "client-certificate", directory));
  TRY(access.client.key_pem, material(*user, "client-key", directory));
  access.token = codec::string_at(*user, "token");
  if (const std::string file(codec::string_at(*user, "tokenFile")); !file.empty()) {
    TRY(access.token, read_file(file.starts_with('/') ? file : cat(directory, file), bytes_max));
    while (!access.token.empty() && access.token.back() == '\n') access.token.pop_back();
  }
  return access;
}

}  // namespace

Result<AuthorityAccess> load_kubeconfig(const std::string& path) {
  TRY(const auto text, read_file(path, bytes_max));
  const auto slash = path.rfind('/');
  auto access = read(text, slash == std::string::npos ? "./" : path.substr(0, slash + 1));
  if (!access) return in_context(path, access.error());
  return access;
}

}  // namespace signet::net
