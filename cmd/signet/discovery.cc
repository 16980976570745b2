// `signet discovery export`: the discovery documents as files, for a static web host.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "codec/json.h"
#include "commands.h"
#include "identity/discovery_documents.h"
#include "identity/discovery_export.h"
#include "jose/jwk.h"
#include "net/client.h"
#include "net/kubeconfig.h"

namespace signet::cmd {
namespace {

struct Flags {
  std::string directory;
  std::string kubeconfig;
  std::string jwks_uri;
  std::string output;
};

Result<std::string> get(net::HttpClient& client, const net::AuthorityAccess& access,
                        std::string_view path) {
  net::ClientRequest request{.method = "GET",
                             .url = cat(access.server, path),
                             .headers = {{"accept", "application/json, application/jwk-set+json"}},
                             .body = {}};
  if (!access.token.empty()) {
    request.headers.emplace_back("authorization", cat("Bearer ", access.token));
  }
  TRY(auto reply, client.send(request));
  if (reply.status != 200) {
    return fail(ErrorKind::unavailable, cat(request.url, " answered ", reply.status));
  }
  return std::move(reply.body);
}

Result<std::vector<identity::ExportedFile>> fetch(const Flags& flags) {
  TRY(auto access, net::load_kubeconfig(flags.kubeconfig));
  access.client.body_bytes_max = jose::jwks_bytes_max;
  net::HttpClient client(access.client);
  TRY(const auto text, get(client, access, identity::configuration_path));
  TRY(const auto configuration, codec::parse_json_strict(text, {}));
  // From the authority itself: where its document points may be the host that is being filled.
  TRY(auto jwks, get(client, access, identity::jwks_path));
  return identity::export_documents(
      {.issuer = std::string(codec::string_at(configuration, "issuer")),
       .jwks_uri = flags.jwks_uri},
      std::move(jwks));
}

Result<void> write(const std::string& directory, const std::vector<identity::ExportedFile>& files) {
  constexpr mode_t directory_mode = 0755;
  constexpr mode_t file_mode = 0644;
  for (const auto& file : files) {
    const auto path = std::filesystem::path(directory) / file.path;
    TRY_VOID(make_directory(path.parent_path().string(), directory_mode));
    TRY_VOID(write_file_durably(path.string(), file.bytes, file_mode));
  }
  return {};
}

void print(const Flags& flags, const std::vector<identity::ExportedFile>& files) {
  codec::JsonArray list;
  for (const auto& file : files) {
    const auto path = (std::filesystem::path(flags.directory) / file.path).string();
    if (flags.output == "json") {
      list.push_back(
          codec::JsonObject{{"path", path}, {"url", file.url}, {"contentType", file.content_type}});
    } else {
      std::cout << path << "\n  serve as " << file.url << " (" << file.content_type << ")\n";
    }
  }
  if (flags.output == "json") std::cout << codec::to_pretty_json(list) << '\n';
}

int export_to(const Flags& flags) {
  const auto files = fetch(flags);
  const auto written = files ? write(flags.directory, *files) : std::unexpected(files.error());
  if (!written) {
    std::cerr << "signet: " << written.error().message << '\n';
    return exit_unknown;
  }
  print(flags, *files);
  return exit_yes;
}

}  // namespace

void add_discovery(CLI::App& app, Run& run) {
  auto* discovery =
      app.add_subcommand("discovery", "The documents by which anybody can check tokens offline");
  discovery->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* command = discovery->add_subcommand(
      "export", "Write them for a static web host; the directory stands for the issuer's URL");
  command->add_option("DIR", flags->directory, "Where to write; made when there is none")
      ->required();
  command->add_option("--kubeconfig", flags->kubeconfig, "How to reach the authority")
      ->envname("KUBECONFIG")
      ->required();
  command->add_option("--jwks-uri", flags->jwks_uri,
                      "Where the keys will be, below the issuer (default ISSUER/openid/v1/jwks)");
  command->add_option("-o,--output", flags->output, "json")->check(CLI::IsMember({"json"}));
  command->callback([flags, &run] { run = [flags] { return export_to(*flags); }; });
}

}  // namespace signet::cmd
