// `signet signer`: the process that an authority leaves signing to.
#include "signer/serve.h"

#include <grp.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "commands.h"
#include "crypto/pkcs11.h"

namespace signet::cmd {
namespace {

struct Flags {
  signer::ServeOptions serve;
  crypto::Pkcs11Place token;
  std::string mode = "0600";
  std::string group;
  std::int64_t refresh_seconds = 300;
  std::int64_t lifetime_seconds = std::chrono::seconds(std::chrono::days{365}).count();
  bool verbose = false;
};

std::string mode_problem(const std::string& text, mode_t& mode) {
  constexpr mode_t mode_max = 0777;
  char* end = nullptr;
  const auto number = std::strtoul(text.c_str(), &end, 8);
  if (text.empty() || *end != '\0' || number > mode_max) return "must be octal, such as 0660";
  mode = static_cast<mode_t>(number);
  return {};
}

std::string group_problem(const std::string& name, std::optional<gid_t>& id) {
  struct group entry{};
  struct group* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return "there is no group " + name;
  id = found->gr_gid;
  return {};
}

void add_socket_flags(CLI::App& command, Flags& flags) {
  auto& server = flags.serve.server;
  command.add_option("--socket", server.socket, "Path of the Unix socket to serve on")->required();
  command
      .add_option("--socket-mode", flags.mode,
                  "Who may connect, and thereby have tokens signed: the socket's mode")
      ->capture_default_str()
      ->check([&server](const std::string& text) { return mode_problem(text, server.mode); });
  command.add_option("--group", flags.group, "The socket's group")
      ->check([&server](const std::string& name) { return group_problem(name, server.group); });
}

void add_key_flags(CLI::App& command, Flags& flags) {
  auto& keys = flags.serve.keys;
  auto* files = command.add_option(
      "--key-file", keys.key_files,
      "Keys, repeatable: the private key in the first signs (unless --pkcs11 does), all verify; "
      "followed while the signer runs");
  command.add_option("--exclude-from-discovery", keys.unpublished_files,
                     "Keys that verify and that relying parties are not shown, repeatable");
  auto* token =
      command
          .add_option("--pkcs11", flags.token.uri, "Sign with this key: a pkcs11: URI without PIN")
          ->check([](const std::string& uri) { return crypto::pkcs11_uri_problem(uri); });
  auto* module = command.add_option("--pkcs11-module", flags.token.module,
                                    "Library of the token, such as libsofthsm2.so; a path");
  auto* pin = command.add_option("--pkcs11-pin-file", keys.pin_file, "File with the token's PIN");
  token->needs(module)->needs(pin);
  module->needs(token);
  pin->needs(token);
  command.parse_complete_callback([files, token] {
    if (files->empty() && token->empty()) {
      throw CLI::RequiredError("--key-file or --pkcs11");
    }
  });
}

int run_with(Flags& flags) {
  if (flags.verbose) log::set_level(log::Level::info);
  if (!flags.token.uri.empty()) flags.serve.keys.token = flags.token;
  flags.serve.server.refresh_hint = std::chrono::seconds{flags.refresh_seconds};
  flags.serve.server.longest_lifetime = std::chrono::seconds{flags.lifetime_seconds};
  const SystemClock clock;
  return signer::serve(flags.serve, clock);
}

}  // namespace

void add_signer(CLI::App& app, Run& run) {
  constexpr std::int64_t day_seconds = 86'400;
  constexpr std::int64_t lifetime_min = 600;
  constexpr std::int64_t lifetime_max = std::int64_t{1} << 32U;
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "signer", "Signs tokens for an authority over a Unix socket: signet or kube-apiserver");
  add_socket_flags(*command, *flags);
  add_key_flags(*command, *flags);
  command
      ->add_option("--refresh-hint", flags->refresh_seconds,
                   "Seconds after which authorities fetch the keys again")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, day_seconds));
  command
      ->add_option("--max-token-expiration", flags->lifetime_seconds,
                   "Longest life in seconds of a token that is signed")
      ->capture_default_str()
      ->check(CLI::Range(lifetime_min, lifetime_max));
  command->add_flag("-v,--verbose", flags->verbose, "Log what happens, not only what goes wrong");
  command->callback([flags, &run] { run = [flags] { return run_with(*flags); }; });
}

}  // namespace signet::cmd
