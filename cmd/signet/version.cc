#include "server/version.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "commands.h"

namespace signet::cmd {

void add_version(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("version", "Say which version this is");
  command->callback([&run] {
    run = [] {
      std::cout << "signet " << server::signet_version << '\n';
      return 0;
    };
  });
}

}  // namespace signet::cmd
