// `signet up` and `signet serve`: the same server, with and without the node agent.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "commands.h"
#include "identity/directory_keys.h"
#include "net/address.h"
#include "seconds_argument.h"
#include "server/run.h"
#include "token/lifetime.h"

namespace signet::cmd {
namespace {

std::string default_data_directory() {
  if (::geteuid() == 0) return "/var/lib/signet";
  // Nothing changes the environment of this program.
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  return std::string(home == nullptr ? "." : home) + "/.local/share/signet";
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
  return lower_case(name.data());
}

std::string listen_problem(const std::string& text, server::Options& options) {
  auto place = net::parse_host_port(text);
  if (!place) return place.error().message;
  options.host = std::move(place->host);
  options.port = place->port;
  return {};
}

// Flags live as long as the parser.
struct Flags {
  server::RunOptions run;
  std::string listen = "127.0.0.1:6443";
  std::string algorithm = "RS256";
  std::string lifetime_max;
  std::string publish_period;
  std::string rotation_period;
  unsigned audit_megabytes = 0;
  int audit_days = 0;
};

void add_token_flags(CLI::App& command, Flags& flags) {
  auto& options = flags.run.server;
  command
      .add_option("--service-account-issuer", options.issuers,
                  "Issuer of tokens, repeatable: the first is written, all are accepted "
                  "(default https://HOST:PORT)")
      ->check([](const std::string& text) { return std::string(text.empty() ? "is empty" : ""); });
  command
      .add_option("--api-audiences", options.api_audiences,
                  "What this server answers to (default: the issuers)")
      ->delimiter(',');
  command
      .add_option("--service-account-jwks-uri", options.jwks_uri,
                  "jwks_uri of the discovery document (default: this server's)")
      ->check([](const std::string& text) {
        constexpr std::string_view scheme = "https://";
        const bool good = text.starts_with(scheme) && text.size() > scheme.size();
        return std::string(good ? "" : "must be an https URL");
      });
  auto* signing =
      command.add_option("--service-account-signing-key-file", options.signing_key_file,
                         "Private key to sign with (default: one of our own in DATA-DIR/signing)");
  // Our own keys are all in one place, and what is there verifies; other files would be ignored.
  command
      .add_option("--service-account-key-file", options.verification_key_files,
                  "Keys to verify with and to publish, repeatable")
      ->needs(signing);
  command
      .add_option("--service-account-signing-endpoint", options.signing_endpoint,
                  "Unix socket of a process that signs and has the keys: a path, or @NAME in the "
                  "abstract namespace (default: keys of our own)")
      ->excludes(signing, "--service-account-key-file")
      ->check([](const std::string& text) {
        return std::string(text.empty() || text == "@" ? "must be a path or @NAME" : "");
      });
  command
      .add_option("--service-account-max-token-expiration", flags.lifetime_max,
                  "Longest life of a token, 1h to 2^32 seconds: 7200 or 2h (default: no limit)")
      ->check([](const std::string& text) -> std::string {
        const auto maximum = parse_seconds(text);
        if (!maximum) return maximum.error().message;
        if (maximum->count() == 0) return {};
        return std::string(token::maximum_problem(*maximum).value_or(""));
      });
  command
      .add_option("--service-account-extend-token-expiration", options.extend_tokens,
                  "Sign mounted tokens for a year, for programs that never read them again")
      ->capture_default_str();
}

// Of signing keys that are our own.
void add_key_flags(CLI::App& command, Flags& flags) {
  command.add_option("--signing-algorithm", flags.algorithm, "Of the first signing key")
      ->capture_default_str()
      ->check(CLI::IsMember({"RS256", "ES256", "ES384", "ES512"}));
  const auto a_span = [](const std::string& text) -> std::string {
    const auto span = parse_seconds(text);
    return span ? std::string() : span.error().message;
  };
  command
      .add_option("--key-publish-period", flags.publish_period,
                  "How long a new signing key is published before it signs (default 2h)")
      ->check(a_span);
  command
      .add_option("--key-rotation-period", flags.rotation_period,
                  "How long a key signs before another one does (default: until somebody rotates)")
      ->check(a_span);
}

void add_legacy_token_flags(CLI::App& command, server::Options& options) {
  const std::map<std::string, server::LegacyTokens> modes{
      {"on-request", server::LegacyTokens::on_request}, {"auto", server::LegacyTokens::automatic}};
  command
      .add_option("--legacy-tokens", options.legacy_tokens,
                  "on-request: who wants a token that never expires makes a secret for it; auto: "
                  "every account gets one and pods mount it, as up to Kubernetes 1.20 (default "
                  "on-request)")
      ->transform(CLI::Transformer(modes));
  command
      .add_option("--service-account-lookup", options.legacy_token_lookup,
                  "Believe a token of a secret only while secret and account are there")
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--legacy-service-account-token-clean-up-period",
          [&options](const std::string& text) {
            if (const auto period = parse_seconds(text)) {
              options.legacy_token_clean_up_period = *period;
            }
          },
          "After how long an unused automatic token of a secret is marked invalid, and after how "
          "long again it is removed (default 8760h)")
      ->check([](const std::string& text) -> std::string {
        const auto period = parse_seconds(text);
        if (!period) return period.error().message;
        return *period < std::chrono::hours{24} ? "must be at least a day: labels tell days" : "";
      });
}

void add_audit_flags(CLI::App& command, Flags& flags) {
  auto& options = flags.run.server;
  auto& log = options.audit_log;
  auto* policy = command.add_option("--audit-policy-file", options.audit_policy_file,
                                    "What is recorded of requests: an audit.k8s.io/v1 Policy");
  auto* path = command.add_option("--audit-log-path", log.file.path,
                                  "File for audit events, one line of JSON each; - is standard "
                                  "output");
  policy->needs(path);
  path->needs(policy);
  const std::map<std::string, telemetry::AuditLogMode> modes{
      {"batch", telemetry::AuditLogMode::batch},
      {"blocking", telemetry::AuditLogMode::blocking},
      {"blocking-strict", telemetry::AuditLogMode::blocking_strict}};
  command
      .add_option("--audit-log-mode", log.mode,
                  "batch: requests do not wait for their events; blocking: an answer waits until "
                  "its event is written; blocking-strict: a request whose event cannot be written "
                  "is refused (default blocking)")
      ->transform(CLI::Transformer(modes))
      ->needs(path);
  command
      .add_option("--audit-log-maxsize", flags.audit_megabytes,
                  "MiB after which the file is put aside, with the time in its name (0: 100)")
      ->capture_default_str()
      ->check(CLI::Range(0U, 1U << 20))
      ->needs(path);
  command
      .add_option("--audit-log-maxbackup", log.file.backups_max,
                  "Files put aside that are kept (0: all)")
      ->capture_default_str()
      ->needs(path);
  command
      .add_option("--audit-log-maxage", flags.audit_days,
                  "Days that files put aside are kept (0: for ever)")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000))
      ->needs(path);
}

void add_limit_flags(CLI::App& command, server::Options& options) {
  const auto add = [&command](const char* name, std::size_t& value, const char* text) {
    command.add_option(name, value, text)
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 40U));
  };
  add("--max-requests-inflight", options.requests_in_flight_max,
      "Reads that wait for something at once; further ones queue");
  add("--max-mutating-requests-inflight", options.mutating_in_flight_max,
      "Changes that wait for something at once; further ones queue");
  add("--max-queued-requests-per-user", options.user_queue_max,
      "Requests of one user that wait for their turn, for each loop; further ones get a 429");
  add("--max-watches-per-user", options.user_watches_max,
      "Watches of one user, for each loop; further ones get a 429");
  add("--max-connections", options.connections_max, "Connections; further ones are closed");
  add("--max-connections-per-address", options.connections_per_address_max,
      "Connections from one address; further ones are closed");
  add("--max-request-bytes-inflight", options.all_bodies_bytes_max,
      "Bytes of all request bodies larger than 16 KiB together; further ones get a 429");
}

void add_flags(CLI::App& command, Flags& flags) {
  auto& options = flags.run.server;
  options.data_directory = default_data_directory();
  command.add_option("--data-dir", options.data_directory, "Where everything is kept")
      ->capture_default_str();
  command.add_option("--listen", flags.listen, "HOST:PORT to serve on; port 0 takes a free one")
      ->capture_default_str()
      ->check([&options](const std::string& text) { return listen_problem(text, options); });
  add_token_flags(command, flags);
  add_legacy_token_flags(command, options);
  add_key_flags(command, flags);
  add_audit_flags(command, flags);
  command.add_option("--authentication-config", options.authentication_config,
                     "File with an AuthenticationConfiguration: OIDC issuers whose tokens are "
                     "believed; followed while the server runs");
  command.add_option("--anonymous-auth", options.anonymous, "Let in callers without credentials")
      ->each([&options](const std::string&) { options.anonymous_given = true; })
      ->capture_default_str();
  command.add_option("--token-auth-file", options.token_auth_file,
                     "CSV file with static bearer tokens: token,user,uid,\"group1,group2\"");
  command.add_flag("--enable-bootstrap-token-auth", options.bootstrap_tokens,
                   "Believe secrets of type bootstrap.kubernetes.io/token in kube-system");
  command
      .add_option("--anonymous-discovery", options.anonymous_discovery,
                  "Serve discovery and keys to callers without credentials")
      ->capture_default_str();
  add_limit_flags(command, options);
  command.add_option("--loops", options.loops, "Event loops (default: one a core)");
  command.add_flag("-v,--verbose", flags.run.verbose, "Log what happens, not only what goes wrong");
  command.add_option(
      "--insecure-test-clock", flags.run.insecure_test_clock,
      "File with the seconds the clock is ahead; whoever writes it decides the time");
}

int run_with(Flags& flags) {
  auto& options = flags.run.server;
  // All were checked when they were parsed.
  options.new_signing_key = identity::new_key_of(flags.algorithm, 0).value();
  const auto seconds = [](const std::string& text) -> std::optional<std::chrono::seconds> {
    if (text.empty()) return std::nullopt;
    const auto value = parse_seconds(text).value();
    return value.count() == 0 ? std::nullopt : std::optional(value);
  };
  options.token_lifetime_max = seconds(flags.lifetime_max);
  options.key_publish_period =
      seconds(flags.publish_period).value_or(identity::publish_period_default);
  options.key_rotation_period = seconds(flags.rotation_period);
  auto& audit_file = options.audit_log.file;
  if (flags.audit_megabytes != 0) audit_file.bytes_max = std::uint64_t{flags.audit_megabytes} << 20;
  audit_file.age_max = std::chrono::days{flags.audit_days};
  return server::run(flags.run);
}

}  // namespace

void add_up(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("up", "Authority and node agent on this machine, at once");
  flags->run.server.with_node = true;
  flags->run.server.anonymous_discovery = true;
  flags->run.server.node_name = host_name();
  add_flags(*command, *flags);
  command->add_option("--node-name", flags->run.server.node_name, "Name of this machine's Node")
      ->capture_default_str();
  command->callback([flags, &run] { run = [flags] { return run_with(*flags); }; });
}

void add_serve(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("serve", "The authority alone");
  add_flags(*command, *flags);
  command->callback([flags, &run] { run = [flags] { return run_with(*flags); }; });
}

}  // namespace signet::cmd
