// One loop's part of a server: its listening socket, its connections, its deadlines.
//
// Threads  on its loop, except where said. Kept alive by its connections, and those by handlers
//          that have not finished yet.
#pragma once

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "net/body_budget.h"
#include "net/connection_count.h"
#include "net/loop_impl.h"
#include "net/server.h"
#include "net/wire_impl.h"

namespace signet::net {

class Connection;
using Descriptor = asio::posix::basic_stream_descriptor<LoopExecutor>;
using Instant = std::chrono::steady_clock::time_point;
using Connections = std::list<std::shared_ptr<Connection>>;

// What all shards of a server share.
struct Common {
  explicit Common(ServerOptions chosen)
      : options(std::move(chosen)),
        connections(options.connections_max, options.connections_per_address_max),
        bodies(options.all_bodies_bytes_max) {}

  const ServerOptions options;
  ConnectionCount connections;
  BodyBudget bodies;
  Server::ErrorBody error_body;
  Guarded<std::shared_ptr<SSL_CTX>> context;  // null: no TLS
};

class Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(Loop& loop, Handler handler, std::shared_ptr<Common> common, int listener);

  void start();
  // Stops accepting and asks every connection to end; `done` runs once none is left.
  void drain(std::function<void()> done);
  // Drops everything now.
  void close();

  Loop& loop() { return loop_; }
  asio::io_context& io() { return loop_.impl().io; }
  const ServerOptions& options() const { return common_->options; }
  const Handler& handler() const { return handler_; }
  BodyBudget& bodies() { return common_->bodies; }
  Response error_response(int status, std::string_view message) const;
  std::string_view date();

  // Where every connection of this loop reads into, so that idle ones need no buffer.
  std::array<char, std::size_t{16} * 1024>& scratch() { return scratch_; }

  // The connection takes its turn to send when the loop has read what there is to read. Answers
  // that leave together wake a peer once: one that sleeps between them costs us as much as an
  // answer.
  void turn_soon(std::shared_ptr<Connection> connection);
  // Unless that takes longer than it saves.
  void turn_in_time();

  void remove(Connections::iterator place);

 private:
  void wait_for_connection();
  void accept_some();
  void admit(int fd, std::string remote);
  std::unique_ptr<Wire> wire_for(int fd);  // null: no memory
  void tick();
  void take_turns();

  Loop& loop_;
  Handler handler_;
  std::shared_ptr<Common> common_;
  Descriptor listener_;
  LoopTimer timer_;
  std::chrono::milliseconds tick_;
  Connections connections_;
  std::vector<std::shared_ptr<Connection>> due_;     // for a turn
  std::vector<std::shared_ptr<Connection>> taking_;  // one
  Instant due_since_;
  bool accept_paused_ = false;  // out of file descriptors, until the next tick
  bool draining_ = false;
  bool closed_ = false;
  std::function<void()> drained_;
  std::chrono::sys_seconds date_of_{};
  std::string date_;
  std::array<char, std::size_t{16} * 1024> scratch_;
};

}  // namespace signet::net
