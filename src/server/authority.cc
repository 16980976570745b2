#include "server/authority.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/try.h"
#include "control/controllers.h"
#include "identity/directory_keys.h"
#include "identity/file_keys.h"
#include "identity/ledger_file.h"
#include "kinds/kinds.h"
#include "net/address.h"
#include "net/server.h"
#include "server/loop_services.h"
#include "signer/external_signer.h"
#include "signer/grpc_client.h"
#include "store/sqlite.h"

namespace signet::server {
namespace {

constexpr std::chrono::milliseconds drain_limit{5000};

// How net's own refusals look: as every other refusal of this server.
net::Response error_body(int status, std::string_view message) {
  auto error = machinery::ApiError::bad_request(std::string(message));
  switch (status) {
    case 400:
      break;
    case 413:
      error = machinery::ApiError::too_large(net::ServerOptions{}.body_bytes_max);
      break;
    case 408:
      error = {.code = status, .reason = "Timeout", .message = std::string(message)};
      break;
    case 429:
      error = machinery::ApiError::too_many_requests();
      break;
    case 504:
      error = machinery::ApiError::timeout(message);
      break;
    case 500:
      error = machinery::ApiError::internal(message);
      break;
    default:
      error = {.code = status, .reason = {}, .message = std::string(message)};
  }
  return machinery::respond(error, machinery::Format::json);
}

std::string url_of(const std::string& host, std::uint16_t port) {
  return cat("https://", net::host_port(host, port));
}

}  // namespace

struct Authority::Impl {
  Options options;
  Clock& clock;
  Random& random;
  DataDirectory directory;
  telemetry::Registry metrics;
  identity::LastUses last_uses;
  identity::MigrationLedger ledger{{}, whole_seconds(clock.now()), metrics};
  std::unique_ptr<identity::LedgerFile> ledger_file;
  Pki pki;
  std::string url;
  std::string kubeconfig;

  std::unique_ptr<store::Store> store;
  machinery::Registry registry{kinds::all()};
  machinery::View view{registry};
  std::unique_ptr<identity::KeyManager> keys;
  signer::ExternalSigner* external_signer = nullptr;  // what `keys` is, where somebody else signs
  std::optional<access::TokenFile> token_file;
  std::unique_ptr<oidc::ConfigurationFile> authentication;
  std::unique_ptr<machinery::Discovery> discovery;
  Health health;

  std::vector<std::unique_ptr<net::Loop>> loops;
  std::optional<access::AuditPolicy> audit_policy;
  std::unique_ptr<telemetry::AuditLog> audit_log;  // goes before the loops it tells of its writes
  std::vector<std::unique_ptr<LoopServices>> services;  // one a loop
  std::unique_ptr<net::Server> server;
  std::unique_ptr<control::Controllers> controllers;  // on the first loop
  std::vector<std::thread> threads;

  Impl(Options chosen, Clock& the_clock, Random& the_random, DataDirectory the_directory)
      : options(std::move(chosen)),
        clock(the_clock),
        random(the_random),
        directory(std::move(the_directory)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { stop(); }

  Result<void> open();
  Result<std::unique_ptr<identity::KeyManager>> open_keys();
  Result<void> open_audit();
  Result<void> listen();
  Result<void> read_authentication();
  void build_services();
  Result<void> run();
  void stop();
};

Result<std::unique_ptr<identity::KeyManager>> Authority::Impl::open_keys() {
  if (!options.signing_endpoint.empty()) {
    if (options.legacy_tokens == LegacyTokens::automatic) {
      return fail(ErrorKind::invalid,
                  "--legacy-tokens=auto and --service-account-signing-endpoint exclude each other: "
                  "an external signer signs nothing that never ends");
    }
    TRY(auto remote, signer::dial(options.signing_endpoint, metrics));
    TRY(auto external,
        signer::ExternalSigner::connect(
            std::move(remote),
            {.token_lifetime_max = options.token_lifetime_max, .give_up = options.give_up}, clock,
            metrics));
    external_signer = external.get();
    return external;
  }
  if (!options.signing_key_file.empty()) {
    return identity::FileKeys::open(
        {.files = {.signing_key_file = options.signing_key_file,
                   .verification_key_files = options.verification_key_files}},
        clock, metrics);
  }
  return identity::DirectoryKeys::open(
      std::make_unique<identity::DiskKeyDirectory>(directory.signing()),
      {.first = options.new_signing_key,
       .publish_period = options.key_publish_period,
       .rotation_period = options.key_rotation_period},
      clock, metrics);
}

// State on disk: the store first, because it locks the directory.
Result<void> Authority::Impl::open() {
  TRY(store, store::SqliteStore::open(directory.database()));
  // A new RSA key takes longer than everything else at a first start together.
  auto loading = std::async(std::launch::async, [this] { return open_keys(); });
  auto loaded_pki = directory.load_pki(
      options.host, options.with_node ? options.node_name : std::string(), clock.now(), random);
  auto loaded_view = view.load(*store);
  auto loaded_keys = loading.get();
  TRY(pki, std::move(loaded_pki));
  TRY_VOID(loaded_view);
  TRY(keys, std::move(loaded_keys));
  if (!options.token_auth_file.empty()) {
    TRY(token_file, access::TokenFile::load(options.token_auth_file, random));
  }
  store->observe(view);
  ledger_file = std::make_unique<identity::LedgerFile>(
      identity::LedgerFile::Options{.path = directory.token_report()}, ledger, clock);
  return {};
}

Result<void> Authority::Impl::open_audit() {
  if (options.audit_policy_file.empty()) return {};
  TRY(const auto text, read_file(options.audit_policy_file, access::AuditPolicy::text_bytes_max));
  auto policy = access::AuditPolicy::parse(text);
  if (!policy) {
    return in_context(cat("audit policy ", options.audit_policy_file), policy.error());
  }
  audit_policy = *std::move(policy);
  TRY(audit_log, telemetry::AuditLog::open(options.audit_log, clock, metrics));
  return {};
}

Result<void> Authority::Impl::listen() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  if (options.loops == 0) options.loops = cores;
  const unsigned count = options.loops;
  std::vector<net::Server::Endpoint> endpoints;
  services.resize(count);
  for (unsigned i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<net::Loop>());
    // The services come after the port is known; no loop runs before.
    endpoints.push_back({loops.back().get(), [this, i](net::Request request) {
                           return services[i]->front_door().handle(std::move(request));
                         }});
  }
  TRY(server,
      net::Server::listen({.host = options.host,
                           .port = options.port,
                           .connections_max = options.connections_max,
                           .connections_per_address_max = options.connections_per_address_max,
                           .all_bodies_bytes_max = options.all_bodies_bytes_max},
                          {.certificate_chain = pki.server_certificate_pem,
                           .private_key = pki.server_key_pem,
                           .client_ca = pki.ca_pem},
                          std::move(endpoints), error_body));
  options.port = server->port();
  url = url_of(options.host, options.port);
  if (options.issuers.empty()) options.issuers.push_back(url);
  if (options.api_audiences.empty()) options.api_audiences = options.issuers;
  if (options.jwks_uri.empty()) options.jwks_uri = cat(url, identity::jwks_path);
  if (const auto problem = identity::issuer_problem(options.issuers.front())) {
    log::warn("discovery and keys are not served", {{"reason", *problem}});
  }
  TRY(kubeconfig, directory.write_admin_kubeconfig(pki, url));
  return {};
}

// After listen(), which knows our own issuers.
Result<void> Authority::Impl::read_authentication() {
  if (options.authentication_config.empty()) return {};
  TRY(authentication,
      oidc::ConfigurationFile::open(
          {.path = options.authentication_config, .own_issuers = options.issuers}, clock, metrics));
  if (authentication->anonymous() && options.anonymous_given) {
    return fail(ErrorKind::invalid,
                "--anonymous-auth flag cannot be set when anonymous field is configured in "
                "authentication configuration file");
  }
  return {};
}

void Authority::Impl::build_services() {
  discovery = std::make_unique<machinery::Discovery>(
      registry, url.substr(std::string_view("https://").size()));
  const SharedServices shared{.options = options,
                              .registry = registry,
                              .view = view,
                              .store = *store,
                              .keys = *keys,
                              .token_file = token_file ? &*token_file : nullptr,
                              .authentication = authentication.get(),
                              .discovery = *discovery,
                              .health = health,
                              .token_uses = {.ledger = &ledger, .last_uses = &last_uses},
                              .metrics = metrics,
                              .clock = clock,
                              .random = random,
                              .audit_policy = audit_policy ? &*audit_policy : nullptr,
                              .audit_log = audit_log.get(),
                              .external_signer = external_signer};
  for (std::size_t i = 0; i < loops.size(); ++i) {
    services[i] = std::make_unique<LoopServices>(shared, *loops[i]);
  }
  controllers = std::make_unique<control::Controllers>(
      services.front()->api(), services.front()->token_signer(),
      control::Controllers::Options{
          .ca_pem = pki.ca_pem,
          .automatic_tokens = options.legacy_tokens == LegacyTokens::automatic},
      control::Controllers::TokenUses{.last_uses = last_uses,
                                      .ledger = ledger,
                                      .clean_up_period = options.legacy_token_clean_up_period});
}

Result<void> Authority::Impl::run() {
  for (const auto& loop : loops) {
    threads.emplace_back([&loop = *loop] { loop.run(); });
  }
  std::promise<machinery::ApiResult<void>> furnished;
  loops.front()->post([this, &furnished] {
    spawn(controllers->start(),
          [&furnished](machinery::ApiResult<void> done) { furnished.set_value(std::move(done)); });
  });
  if (auto done = furnished.get_future().get(); !done) {
    return fail(ErrorKind::unavailable,
                cat("the first namespaces cannot be made: ", done.error().message));
  }
  view.start_history();
  health.set_ready(true);
  return {};
}

void Authority::Impl::stop() {
  health.set_ready(false);
  if (threads.empty()) {
    if (store != nullptr) store->stop();
    return;
  }
  if (server != nullptr) server->drain(drain_limit);
  for (std::size_t i = 0; i < loops.size(); ++i) {
    loops[i]->post([&flow_control = services[i]->flow_control()] { flow_control.stop(); });
  }
  std::promise<void> stopped;
  loops.front()->post([this, &stopped] {
    controllers->stop();
    stopped.set_value();
  });
  stopped.get_future().wait();
  keys->stop();
  store->stop();
  // What waited for a commit runs once more and may try another, which is refused at once: a few
  // rounds let every coroutine come to its end.
  constexpr int rounds = 4;
  for (int round = 0; round < rounds; ++round) {
    // Some wait for their audit event.
    if (audit_log != nullptr) audit_log->flush();
    for (const auto& loop : loops) {
      std::promise<void> passed;
      loop->post([&passed] { passed.set_value(); });
      passed.get_future().wait();
    }
  }
  for (const auto& loop : loops) loop->stop();
  for (auto& thread : threads) thread.join();
  threads.clear();
  server.reset();
  controllers.reset();
  services.clear();
  audit_log.reset();  // writes what streams said at their end
  ledger_file.reset();
}

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::~Authority() = default;

Result<std::unique_ptr<Authority>> Authority::start(Options options, Clock& clock, Random& random) {
  TRY_VOID(check(options));
  TRY(auto directory, DataDirectory::open(options.data_directory));
  auto impl = std::make_unique<Impl>(std::move(options), clock, random, std::move(directory));
  TRY_VOID(impl->open());
  TRY_VOID(impl->open_audit());
  TRY_VOID(impl->listen());
  TRY_VOID(impl->read_authentication());
  impl->build_services();
  TRY_VOID(impl->run());
  return std::unique_ptr<Authority>(new Authority(std::move(impl)));
}

const std::string& Authority::url() const {
  return impl_->url;
}
std::uint16_t Authority::port() const {
  return impl_->options.port;
}
const std::string& Authority::kubeconfig() const {
  return impl_->kubeconfig;
}
const Pki& Authority::pki() const {
  return impl_->pki;
}
const DataDirectory& Authority::directory() const {
  return impl_->directory;
}
const Options& Authority::options() const {
  return impl_->options;
}
telemetry::Registry& Authority::metrics() {
  return impl_->metrics;
}
void Authority::stop() {
  impl_->stop();
}

}  // namespace signet::server
