#include "signer/grpc_server.h"

#include <grpcpp/grpcpp.h>

#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "net/unix_socket.h"
#include "signer/claims_check.h"
#include "signer/external_jwt_signer.grpc.pb.h"

namespace signet::signer {
namespace {

constexpr int request_bytes_max = 64 * 1024;
constexpr int streams_max = 64;  // further ones wait at the client
constexpr int threads_max = 1024;
constexpr std::chrono::seconds stop_limit{2};

grpc::Status to_status(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid:
      return {grpc::StatusCode::INVALID_ARGUMENT, error.message};
    case ErrorKind::unavailable:
      return {grpc::StatusCode::UNAVAILABLE, error.message};
    default:
      return {grpc::StatusCode::INTERNAL, error.message};
  }
}

// One thread of gRPC's a call: what a call does is arithmetic.
class Service final : public v1::ExternalJWTSigner::Service {
 public:
  Service(const GrpcServer::Options& options, SigningKeys& keys, const Clock& clock)
      : options_(options), keys_(keys), clock_(clock) {}

  grpc::Status Sign(grpc::ServerContext* /*context*/, const v1::SignJWTRequest* request,
                    v1::SignJWTResponse* response) override {
    const auto done = sign(request->claims(), *response);
    return done ? grpc::Status::OK : to_status(done.error());
  }

  grpc::Status FetchKeys(grpc::ServerContext* /*context*/, const v1::FetchKeysRequest* /*request*/,
                         v1::FetchKeysResponse* response) override {
    const auto keys = keys_.current();
    const auto published = keys->keys.size() - keys->unpublished;
    for (std::size_t i = 0; i < keys->keys.size(); ++i) {
      auto* key = response->add_keys();
      key->set_key_id(keys->keys[i].kid);
      key->set_key(keys->keys[i].key.spki_der());
      key->set_exclude_from_oidc_discovery(i >= published);
    }
    const auto seconds = whole_seconds(keys->since);
    auto* timestamp = response->mutable_data_timestamp();
    timestamp->set_seconds(seconds.time_since_epoch().count());
    timestamp->set_nanos(static_cast<std::int32_t>((keys->since - seconds).count()));
    response->set_refresh_hint_seconds(options_.refresh_hint.count());
    return grpc::Status::OK;
  }

  grpc::Status Metadata(grpc::ServerContext* /*context*/, const v1::MetadataRequest* /*request*/,
                        v1::MetadataResponse* response) override {
    response->set_max_token_expiration_seconds(options_.longest_lifetime.count());
    return grpc::Status::OK;
  }

 private:
  Result<void> sign(const std::string& claims, v1::SignJWTResponse& response) {
    TRY_VOID(check_claims(claims, options_.longest_lifetime, clock_.now()));
    const auto keys = keys_.current();
    TRY(const auto signature, keys_.sign(*keys, cat(keys->encoded_header, '.', claims)));
    response.set_header(keys->encoded_header);
    response.set_signature(codec::base64url_encode(signature));
    return {};
  }

  const GrpcServer::Options& options_;
  SigningKeys& keys_;
  const Clock& clock_;
};

}  // namespace

struct GrpcServer::Impl {
  Options options;
  std::optional<net::SocketFile> file;
  Service service;
  std::unique_ptr<grpc::Server> server;

  Impl(Options chosen, SigningKeys& keys, const Clock& clock)
      : options(std::move(chosen)), service(options, keys, clock) {}

  Result<void> listen();
};

Result<void> GrpcServer::Impl::listen() {
  const auto& path = options.socket;
  TRY(auto claimed, net::SocketFile::claim(path));
  file.emplace(std::move(claimed));
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(request_bytes_max);
  builder.SetResourceQuota(grpc::ResourceQuota().SetMaxThreads(threads_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, streams_max);
  builder.AddListeningPort(cat("unix:", path), grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  {
    const net::NarrowUmask narrow;
    server = builder.BuildAndStart();
  }
  if (server == nullptr) {
    return fail(ErrorKind::unavailable, cat("the socket ", path, " cannot be served"));
  }
  return file->let_in(options.mode, options.group);
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GrpcServer::~GrpcServer() {
  stop();
}

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(Options options, SigningKeys& keys,
                                                      const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), keys, clock);
  TRY_VOID(impl->listen());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

void GrpcServer::stop() {
  if (impl_->server == nullptr) return;
  impl_->server->Shutdown(std::chrono::system_clock::now() + stop_limit);
  impl_->server.reset();
  impl_->file.reset();
}

}  // namespace signet::signer
