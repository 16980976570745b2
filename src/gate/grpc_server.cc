#include "gate/grpc_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "gate/authorization_service.h"
#include "net/unix_socket.h"

namespace signet::gate {
namespace {

constexpr int request_bytes_max = 256 * 1024;
constexpr int streams_max = 1000;
constexpr unsigned reread_seconds = 10;

// A socket file is as private as its mode, and has no name that a certificate could show.
std::shared_ptr<grpc::ServerCredentials> credentials(const Place& place, const TlsFiles& tls) {
  if (!place.unix_path.empty() || tls.certificate.empty()) return grpc::InsecureServerCredentials();
  const auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      tls.key, tls.certificate, tls.client_ca, reread_seconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

struct GrpcServer::Impl {
  Impl(Options chosen, World world)
      : options(std::move(chosen)),
        service(options.default_route, options.keep_authorization,
                {.checker = world.checker,
                 .names = world.names,
                 .assertions = world.assertions,
                 .clock = world.clock}) {}

  Result<void> listen();

  Options options;
  std::vector<net::SocketFile> files;
  AuthorizationService service;
  std::unique_ptr<grpc::Server> server;
  bool stopped = false;
};

Result<void> GrpcServer::Impl::listen() {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(request_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, streams_max);
  // Another process at the same port would get every second connection without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::vector<int> ports(options.places.size(), 0);
  for (std::size_t i = 0; i < options.places.size(); ++i) {
    const auto& place = options.places[i];
    if (!place.unix_path.empty()) {
      TRY(auto file, net::SocketFile::claim(place.unix_path));
      files.push_back(std::move(file));
    }
    builder.AddListeningPort(place.to_text(), credentials(place, options.tls), &ports[i]);
  }
  builder.RegisterService(&service);
  {
    const net::NarrowUmask narrow;
    server = builder.BuildAndStart();
  }
  for (std::size_t i = 0; i < options.places.size(); ++i) {
    auto& place = options.places[i];
    if (server == nullptr || ports[i] == 0) {
      return fail(ErrorKind::unavailable, cat("cannot listen on ", place.to_text()));
    }
    if (place.unix_path.empty()) place.port = static_cast<std::uint16_t>(ports[i]);
  }
  for (const auto& file : files) TRY_VOID(file.let_in(options.unix_mode));
  return {};
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() {
  stop(std::chrono::milliseconds{0});
}

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(Options options, World world) {
  auto impl = std::make_unique<Impl>(std::move(options), world);
  TRY_VOID(impl->listen());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

const std::vector<Place>& GrpcServer::places() const {
  return impl_->options.places;
}

void GrpcServer::stop(std::chrono::milliseconds limit) {
  if (std::exchange(impl_->stopped, true)) return;
  impl_->server->Shutdown(std::chrono::system_clock::now() + limit);
  impl_->server.reset();
  impl_->files.clear();
}

}  // namespace signet::gate
