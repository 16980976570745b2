// `signet inspect`: what a token says about itself, in words.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "commands.h"
#include "token_argument.h"
#include "verify/inspect.h"

namespace signet::cmd {
namespace {

struct Flags {
  std::string token;
  std::string output;
};

int inspect(const Flags& flags) {
  const auto token = read_token(flags.token);
  if (!token) {
    std::cerr << "signet: " << token.error().message << '\n';
    return exit_no;
  }
  const auto inspection = verify::inspect(*token, SystemClock().now());
  if (!inspection) {
    std::cerr << "signet: not a token: " << inspection.error().message << '\n';
    return exit_no;
  }
  if (flags.output == "json") {
    std::cout << codec::to_pretty_json(verify::to_json(*inspection)) << '\n';
  } else {
    std::cout << verify::to_text(*inspection);
  }
  return exit_yes;
}

}  // namespace

void add_inspect(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* command =
      app.add_subcommand("inspect", "Explain what a token says; its signature is not checked");
  command->add_option("TOKEN", flags->token, "The token, or - for standard input")->required();
  command->add_option("-o,--output", flags->output, "json")->check(CLI::IsMember({"json"}));
  command->callback([flags, &run] { run = [flags] { return inspect(*flags); }; });
}

}  // namespace signet::cmd
