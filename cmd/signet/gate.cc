// `signet gate`: the relying party beside a proxy or an API server.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "gate/run.h"

namespace signet::cmd {
namespace {

// Flags live as long as the parser.
struct Flags {
  gate::RunOptions run;
  std::string unix_mode = "0600";
  unsigned deadline_ms = 150;
  unsigned shutdown_seconds = 0;
};

CLI::Option* add_places(CLI::App& command, const char* name, std::vector<gate::Place>& places,
                        const char* text) {
  return command
      .add_option_function<std::vector<std::string>>(
          name,
          [&places, name](const std::vector<std::string>& given) {
            for (const auto& one : given) {
              auto place = gate::parse_place(one);
              if (!place) throw CLI::ValidationError(name, place.error().message);
              places.push_back(*std::move(place));
            }
          },
          text)
      ->type_name("HOST:PORT|unix:PATH");
}

void add_listen_flags(CLI::App& command, Flags& flags) {
  auto& options = flags.run.gate;
  add_places(command, "--grpc", options.grpc, "Envoy's ext_authz over gRPC, repeatable");
  add_places(command, "--http", options.http,
             "ext_authz over HTTP, auth_request, forwardAuth and TokenReview, repeatable");
  add_places(command, "--admin", options.admin,
             "Status, metrics and health for operators, without TLS")
      ->expected(1);
  auto* certificate = command.add_option("--tls-cert", options.tls.certificate,
                                         "PEM file with the certificate for --grpc and --http");
  auto* key = command.add_option("--tls-key", options.tls.key, "PEM file with its key");
  certificate->needs(key);
  key->needs(certificate);
  command
      .add_option("--client-ca", options.tls.client_ca,
                  "PEM file: only proxies with a certificate of this CA are answered")
      ->needs(certificate);
  command.add_flag("--insecure-without-tls", options.insecure_without_tls,
                   "Let tokens cross the network in the clear: listen beyond loopback without TLS");
  command.add_option("--socket-mode", flags.unix_mode, "Mode of socket files, octal")
      ->capture_default_str()
      ->check([](const std::string& text) {
        const bool octal = !text.empty() && text.size() <= 4 &&
                           text.find_first_not_of("01234567") == std::string::npos;
        return std::string(octal ? "" : "must be octal, like 0660");
      });
  command.add_option("--loops", options.loops, "Event loops for --http (default: one a core)");
}

void add_header_flags(CLI::App& command, gate::Options& options) {
  command.add_option("--header-prefix", options.header_prefix, "Of the headers that say who calls")
      ->capture_default_str();
  command.add_flag("--keep-authorization", options.keep_authorization,
                   "Let the backend see the token: it could use it elsewhere");
  command.add_option("--assertion-issuer", options.assertion_issuer,
                     "Sign who calls for the backend, with this `iss`");
}

int run_with(Flags& flags) {
  constexpr int octal = 8;
  auto& options = flags.run;
  options.gate.unix_mode = static_cast<unsigned>(std::stoul(flags.unix_mode, nullptr, octal));
  options.gate.deadline = std::chrono::milliseconds{flags.deadline_ms};
  options.shutdown_delay = std::chrono::seconds{flags.shutdown_seconds};
  return gate::run(options);
}

}  // namespace

void add_gate(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto& options = flags->run;
  auto* command = app.add_subcommand("gate", "Check callers for a proxy or an API server");
  command->add_option("--policy", options.policy, "File or directory with issuers and routes")
      ->required();
  command->add_option("--keys-dir", options.keys_directory,
                      "Where key sets are kept, so that a restart needs no network");
  add_listen_flags(*command, *flags);
  add_header_flags(*command, options.gate);
  command->add_option("--default-route", options.gate.default_route,
                      "Route of requests that name none (default: they are forbidden)");
  command->add_option("--trusted-proxy", options.gate.trusted_peers,
                      "Address of a proxy whose X-Forwarded-Uri may choose the route, repeatable");
  command
      ->add_option("--deadline-ms", flags->deadline_ms,
                   "What a check may take until it is answered with a 503")
      ->capture_default_str()
      ->check(CLI::Range(1U, 60'000U));
  command
      ->add_option("--shutdown-delay", flags->shutdown_seconds,
                   "Seconds to go on answering after a signal, not ready any more")
      ->capture_default_str()
      ->check(CLI::Range(0U, 3'600U));
  command->add_flag("-v,--verbose", options.verbose, "Log every refusal and its reason");
  command->callback([flags, &run] { run = [flags] { return run_with(*flags); }; });
}

}  // namespace signet::cmd
