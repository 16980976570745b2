// `signet keys`: the signing keys of a running authority, and their rotation.
#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "authority_client.h"
#include "base/try.h"
#include "commands.h"
#include "table.h"

namespace signet::cmd {
namespace {

using codec::Json;
using codec::JsonObject;

struct Flags {
  std::string kubeconfig = default_kubeconfig();
  std::string output;
  std::string algorithm;
  int rsa_bits = 0;
  bool replace = false;
  bool now = false;
  std::string kid;
};

void print_keys(const Json& answer) {
  std::vector<std::array<std::string, 7>> rows{
      {"KID", "ALGORITHM", "STATE", "SINCE", "SIGNS FROM", "VERIFIES UNTIL", "WHY"}};
  for (const auto& key : codec::array_at(answer, "keys")) {
    const auto text = [&key](std::string_view name) {
      const auto value = codec::string_at(key, name);
      return std::string(value.empty() ? "-" : value);
    };
    rows.push_back({text("kid"), text("algorithm"), text("state"), text("since"), text("signsFrom"),
                    text("verifiesUntil"), text("why")});
  }
  constexpr std::size_t gap = 2;
  print_table(rows, gap);
}

Result<Json> ask_for(const Flags& flags, const AuthorityQuestion& question) {
  TRY(const auto access, net::load_kubeconfig(flags.kubeconfig));
  return ask_authority(access, question);
}

int ask(const Flags& flags, std::string method, std::string path, Json body) {
  if (flags.kubeconfig.empty()) {
    std::cerr << which_authority;
    return exit_unknown;
  }
  const auto answer = ask_for(
      flags, {.method = std::move(method), .path = std::move(path), .body = std::move(body)});
  if (!answer) {
    std::cerr << "signet: " << answer.error().message << '\n';
    return answer.error().kind == ErrorKind::unavailable ? exit_unknown : exit_no;
  }
  if (flags.output == "json") {
    std::cout << codec::to_pretty_json(*answer) << '\n';
  } else {
    print_keys(*answer);
  }
  return exit_yes;
}

int rotate(const Flags& flags) {
  JsonObject body;
  if (!flags.algorithm.empty()) body["algorithm"] = flags.algorithm;
  if (flags.rsa_bits != 0) body["rsaBits"] = flags.rsa_bits;
  if (flags.replace) body["replace"] = true;
  if (flags.now) body["now"] = true;
  return ask(flags, "POST", "/signet/v1/keys/rotate", std::move(body));
}

int retire(const Flags& flags) {
  JsonObject body{{"kid", flags.kid}};
  if (flags.now) body["now"] = true;
  return ask(flags, "POST", "/signet/v1/keys/retire", std::move(body));
}

CLI::App* add_command(CLI::App& parent, const std::shared_ptr<Flags>& flags, const char* name,
                      const char* text) {
  auto* command = parent.add_subcommand(name, text);
  command->add_option("--kubeconfig", flags->kubeconfig,
                      "How to reach the authority (default: $KUBECONFIG)");
  command->add_option("-o,--output", flags->output, "json")->check(CLI::IsMember({"json"}));
  return command;
}

}  // namespace

void add_keys(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* keys = app.add_subcommand("keys", "The signing keys of a running authority");
  keys->require_subcommand(1);

  auto* list = add_command(*keys, flags, "list", "Which keys there are, and until when");
  list->callback(
      [flags, &run] { run = [flags] { return ask(*flags, "GET", "/signet/v1/keys", nullptr); }; });

  auto* rotating = add_command(*keys, flags, "rotate",
                               "Publish a new key, which signs when relying parties can know it");
  auto* algorithm =
      rotating->add_option("--algorithm", flags->algorithm, "Default: as the key that signs")
          ->check(CLI::IsMember({"RS256", "ES256", "ES384", "ES512"}));
  rotating->add_option("--rsa-bits", flags->rsa_bits, "2048 (default), 3072 or 4096")
      ->check(CLI::IsMember({2048, 3072, 4096}))
      ->needs(algorithm);
  rotating->add_flag("--replace", flags->replace,
                     "In place of a key that is published and does not sign yet");
  rotating->add_flag("--now", flags->now,
                     "Sign at once: relying parties that keep keys refuse new tokens until they "
                     "look again");
  rotating->callback([flags, &run] { run = [flags] { return rotate(*flags); }; });

  auto* retiring =
      add_command(*keys, flags, "retire",
                  "Give up a key that does not sign: what it signed for ever, or, with "
                  "--now, everything");
  retiring->add_option("KID", flags->kid, "Which, as listed; after -- where it begins with a dash")
      ->required();
  retiring->add_flag("--now", flags->now, "Refuse every token it signed from now on");
  retiring->callback([flags, &run] { run = [flags] { return retire(*flags); }; });
}

}  // namespace signet::cmd
