#include "gate/gate.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/log.h"
#include "base/try.h"
#include "gate/admin.h"
#include "gate/http_front.h"
#include "net/server.h"

namespace signet::gate {
namespace {

constexpr std::size_t pem_bytes_max = std::size_t{1} << 20U;
// Beyond what a check may take.
constexpr std::chrono::milliseconds drain_margin{5000};

// A loop on a thread of its own, until this goes.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() { loop_.stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  net::Loop& loop() { return loop_; }

 private:
  net::Loop loop_;
  std::jthread thread_;
};

Result<net::ServerTls> read_tls(const TlsFiles& files) {
  net::ServerTls tls;
  TRY(tls.certificate_chain, read_file(files.certificate, pem_bytes_max));
  TRY(tls.private_key, read_file(files.key, pem_bytes_max));
  if (!files.client_ca.empty()) {
    TRY(tls.client_ca, read_file(files.client_ca, pem_bytes_max));
  }
  return tls;
}

bool same(const net::ServerTls& a, const net::ServerTls& b) {
  return a.certificate_chain == b.certificate_chain && a.private_key == b.private_key &&
         a.client_ca == b.client_ca;
}

net::ServerOptions options_of(const Place& place, unsigned unix_mode) {
  return {.host = place.host,
          .port = place.port,
          .unix_path = place.unix_path,
          .unix_mode = unix_mode,
          .body_bytes_max = token_review_bytes_max};
}

Result<void> check(const Options& options) {
  if (options.grpc.empty() && options.http.empty()) {
    return fail(ErrorKind::invalid, "nothing to listen on: give an address for gRPC or HTTP");
  }
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    return fail(ErrorKind::invalid, "a certificate needs its key, and a key its certificate");
  }
  if (!options.tls.client_ca.empty() && options.tls.certificate.empty()) {
    return fail(ErrorKind::invalid, "a CA for clients needs a certificate of our own");
  }
  const auto exposed = [&](const Place& place) {
    return options.tls.certificate.empty() && !options.insecure_without_tls && !place.is_local();
  };
  for (const auto* places : {&options.grpc, &options.http}) {
    const auto found = std::ranges::find_if(*places, exposed);
    if (found == places->end()) continue;
    return fail(ErrorKind::invalid,
                cat(found->to_text(),
                    " is open to other machines: tokens would cross the network "
                    "in the clear; give a certificate"));
  }
  return {};
}

}  // namespace

struct Gate::Impl {
  struct HttpServer {
    std::unique_ptr<net::Server> server;
    Place place;
    bool tls = false;
  };

  Impl(Options given, IdentityHeaders headers, World world)
      : options(std::move(given)),
        names(std::move(headers)),
        clock(world.clock),
        checker({.deadline = options.deadline}, {.party = world.party,
                                                 .moments = world.moments,
                                                 .metrics = world.metrics,
                                                 .random = world.random}),
        admin(world.party, world.metrics) {}

  Result<void> start(Random& random);
  Result<void> start_grpc();
  Result<void> start_http();
  Result<void> start_admin();
  void drain_http();
  std::chrono::milliseconds drain_limit() const { return options.deadline + drain_margin; }

  Options options;
  IdentityHeaders names;
  const Clock& clock;
  Checker checker;
  Admin admin;
  std::unique_ptr<Assertions> assertions;
  std::optional<HttpFront> front;
  std::optional<net::ServerTls> tls;
  // Servers go before the loops they run on.
  std::vector<std::unique_ptr<LoopThread>> loops;
  LoopThread admin_loop;
  std::unique_ptr<net::Server> admin_server;
  std::vector<HttpServer> http_servers;
  std::unique_ptr<GrpcServer> grpc_server;
};

Result<void> Gate::Impl::start(Random& random) {
  if (!options.tls.certificate.empty()) {
    TRY(tls, read_tls(options.tls));
  }
  if (!options.assertion_issuer.empty()) {
    TRY(assertions, Assertions::create(options.assertion_issuer, random));
  }
  front.emplace(
      HttpFront::Options{.default_route = options.default_route,
                         .keep_authorization = options.keep_authorization,
                         .peers_need_certificate = !options.tls.client_ca.empty(),
                         .trusted_peers = options.trusted_peers},
      HttpFront::World{
          .checker = checker, .names = names, .assertions = assertions.get(), .clock = clock});
  TRY_VOID(start_grpc());
  TRY_VOID(start_http());
  return start_admin();
}

Result<void> Gate::Impl::start_grpc() {
  if (options.grpc.empty()) return {};
  TRY(grpc_server,
      GrpcServer::start(
          {.places = options.grpc,
           .tls = options.tls,
           .unix_mode = options.unix_mode,
           .default_route = options.default_route,
           .keep_authorization = options.keep_authorization},
          {.checker = checker, .names = names, .assertions = assertions.get(), .clock = clock}));
  return {};
}

Result<void> Gate::Impl::start_http() {
  if (options.http.empty()) return {};
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto count = options.loops == 0 ? cores : options.loops;
  for (unsigned i = 0; i < count; ++i) loops.push_back(std::make_unique<LoopThread>());
  for (auto place : options.http) {
    std::vector<net::Server::Endpoint> endpoints;
    endpoints.reserve(loops.size());
    for (const auto& thread : loops) {
      endpoints.push_back({&thread->loop(), front->handler(thread->loop())});
    }
    const bool encrypted = tls && place.unix_path.empty();
    auto listening = options_of(place, options.unix_mode);
    auto server = encrypted
                      ? net::Server::listen(std::move(listening), *tls, std::move(endpoints),
                                            HttpFront::error_reply)
                      : net::Server::listen_without_tls(std::move(listening), std::move(endpoints),
                                                        HttpFront::error_reply);
    if (!server) return std::unexpected(server.error());
    if (place.unix_path.empty()) place.port = (*server)->port();
    http_servers.push_back({*std::move(server), std::move(place), encrypted});
  }
  return {};
}

Result<void> Gate::Impl::start_admin() {
  if (options.admin.empty()) return {};
  auto& place = options.admin.front();
  TRY(admin_server, net::Server::listen_without_tls(options_of(place, options.unix_mode),
                                                    {{&admin_loop.loop(), admin.handler()}},
                                                    HttpFront::error_reply));
  if (place.unix_path.empty()) place.port = admin_server->port();
  return {};
}

void Gate::Impl::drain_http() {
  std::vector<std::jthread> draining;
  draining.reserve(http_servers.size());
  for (auto& http : http_servers) {
    draining.emplace_back([this, &http] { http.server->drain(drain_limit()); });
  }
}

Gate::Gate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gate::~Gate() {
  stop();
}

Result<std::unique_ptr<Gate>> Gate::start(Options options, World world) {
  TRY_VOID(check(options));
  TRY(auto names, IdentityHeaders::create(options.header_prefix));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(names), world);
  TRY_VOID(impl->start(world.random));
  return std::unique_ptr<Gate>(new Gate(std::move(impl)));
}

std::vector<Place> Gate::grpc_places() const {
  return impl_->grpc_server ? impl_->grpc_server->places() : std::vector<Place>{};
}

std::vector<Place> Gate::http_places() const {
  std::vector<Place> places;
  for (const auto& http : impl_->http_servers) places.push_back(http.place);
  return places;
}

std::vector<Place> Gate::admin_places() const {
  return impl_->options.admin;
}

void Gate::look() {
  if (!impl_->tls) return;
  const auto fresh = read_tls(impl_->options.tls);
  if (fresh && same(*fresh, *impl_->tls)) return;
  Result<void> taken = fresh ? Result<void>() : std::unexpected(fresh.error());
  for (const auto& http : impl_->http_servers) {
    if (taken && http.tls) taken = http.server->replace_tls(*fresh);
  }
  if (!taken) {
    log::error("the certificate stays as it was", {{"error", taken.error().message}});
    return;
  }
  impl_->tls = *fresh;
  log::info("a new certificate is in use");
}

void Gate::stop() {
  // gRPC answers what is running while HTTP does.
  std::jthread grpc([this] {
    if (impl_->grpc_server) impl_->grpc_server->stop(impl_->drain_limit());
  });
  impl_->drain_http();
  grpc.join();
  // Also for those whose peer has gone: their answers come to a loop.
  impl_->checker.wait_until_idle();
  impl_->grpc_server.reset();
  impl_->http_servers.clear();
  impl_->admin_server.reset();
}

}  // namespace signet::gate
