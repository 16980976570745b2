#include "net/server.h"

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <utility>

#include "base/try.h"
#include "net/listener_impl.h"
#include "net/shard_impl.h"

namespace signet::net {
namespace {

Result<std::shared_ptr<SSL_CTX>> shared_context(const ServerTls& tls) {
  TRY(auto context, make_server_context(tls));
  return std::shared_ptr<SSL_CTX>(std::move(context));
}

}  // namespace

struct Server::Impl {
  std::optional<SocketFile> file;
  std::shared_ptr<Common> common;
  std::vector<std::shared_ptr<Shard>> shards;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, const ServerTls& tls,
                                               std::vector<Endpoint> endpoints,
                                               ErrorBody error_body) {
  TRY(auto context, shared_context(tls));
  return start(std::move(options), std::move(context), std::move(endpoints), std::move(error_body));
}

Result<std::unique_ptr<Server>> Server::listen_without_tls(ServerOptions options,
                                                           std::vector<Endpoint> endpoints,
                                                           ErrorBody error_body) {
  return start(std::move(options), nullptr, std::move(endpoints), std::move(error_body));
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options,
                                              std::shared_ptr<SSL_CTX> context,
                                              std::vector<Endpoint> endpoints,
                                              ErrorBody error_body) {
  if (endpoints.empty()) return fail(ErrorKind::invalid, "a server needs a loop");
  // A peer that closes while we write is an error of that connection, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  TRY(auto listening, bind_all(options, endpoints.size()));
  auto impl = std::make_unique<Impl>();
  if (listening.file) impl->file.emplace(*std::move(listening.file));
  impl->common = std::make_shared<Common>(std::move(options));
  impl->common->error_body = std::move(error_body);
  impl->common->context.with([&](auto& current) { current = std::move(context); });
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto shard = std::make_shared<Shard>(*endpoints[i].loop, std::move(endpoints[i].handler),
                                               impl->common, listening.sockets[i].release());
    impl->shards.push_back(shard);
    endpoints[i].loop->post([shard] { shard->start(); });
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
  for (const auto& shard : impl_->shards) {
    shard->loop().impl().run_and_wait([&shard] { shard->close(); });
  }
}

std::uint16_t Server::port() const {
  return impl_->common->options.port;
}

Result<void> Server::replace_tls(const ServerTls& tls) {
  TRY(auto context, shared_context(tls));
  return impl_->common->context.with([&](auto& current) -> Result<void> {
    if (!current) return fail(ErrorKind::invalid, "this server has no TLS");
    current = std::move(context);
    return {};
  });
}

void Server::drain(std::chrono::milliseconds limit) {
  struct Progress {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t open = 0;
  };
  const auto progress = std::make_shared<Progress>();
  progress->open = impl_->shards.size();
  for (const auto& shard : impl_->shards) {
    shard->loop().post([shard, progress] {
      shard->drain([progress] {
        const std::scoped_lock lock(progress->mutex);
        --progress->open;
        progress->changed.notify_all();
      });
    });
  }
  {
    std::unique_lock lock(progress->mutex);
    progress->changed.wait_for(lock, limit, [&] { return progress->open == 0; });
  }
  for (const auto& shard : impl_->shards) {
    shard->loop().impl().run_and_wait([&shard] { shard->close(); });
  }
}

}  // namespace signet::net
