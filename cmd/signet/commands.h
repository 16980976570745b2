// One function a command: it adds its flags to the parser and leaves a function that runs it.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace signet::cmd {

inline constexpr int exit_yes = 0;
inline constexpr int exit_no = 1;
inline constexpr int exit_unknown = 2;  // wrong usage, or could not tell

// Gives one of these.
using Run = std::function<int()>;

// Each sets `run` when its command was given.
void add_up(CLI::App& app, Run& run);
void add_serve(CLI::App& app, Run& run);
void add_gate(CLI::App& app, Run& run);
void add_verify(CLI::App& app, Run& run);
void add_inspect(CLI::App& app, Run& run);
void add_discovery(CLI::App& app, Run& run);
void add_tokens(CLI::App& app, Run& run);
void add_signer(CLI::App& app, Run& run);
void add_keys(CLI::App& app, Run& run);
void add_version(CLI::App& app, Run& run);

}  // namespace signet::cmd
