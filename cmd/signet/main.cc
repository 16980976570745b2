#include <CLI/CLI.hpp>

#include "commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "Workload identity by service-account tokens: the Kubernetes way, without a cluster.",
      "signet"};
  app.require_subcommand(1);
  signet::cmd::Run run;
  signet::cmd::add_up(app, run);
  signet::cmd::add_serve(app, run);
  signet::cmd::add_gate(app, run);
  signet::cmd::add_verify(app, run);
  signet::cmd::add_inspect(app, run);
  signet::cmd::add_discovery(app, run);
  signet::cmd::add_tokens(app, run);
  signet::cmd::add_signer(app, run);
  signet::cmd::add_keys(app, run);
  signet::cmd::add_version(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? signet::cmd::exit_yes : signet::cmd::exit_unknown;
  }
  return run();
}
