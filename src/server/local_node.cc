#include "server/local_node.h"

#include <thread>
#include <utility>

#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "node/agent.h"
#include "node/sandbox_runtime.h"
#include "server/version.h"

namespace signet::server {
namespace {

node::ApiOptions api_options(const Authority& authority) {
  return {.server = authority.url(),
          .ca_pem = authority.pki().ca_pem,
          .certificate_pem = authority.pki().node_certificate_pem,
          .key_pem = authority.pki().node_key_pem};
}

}  // namespace

struct LocalNode::Impl {
  std::unique_ptr<node::SandboxRuntime> runtime;
  node::HttpTransport worker;
  node::HttpTransport watcher;
  node::Agent agent;
  std::jthread thread;  // first to end

  Impl(const Authority& authority, Clock& clock, Random& random,
       std::unique_ptr<node::SandboxRuntime> the_runtime)
      : runtime(std::move(the_runtime)),
        worker(api_options(authority)),
        watcher(api_options(authority)),
        agent({.node_name = authority.options().node_name,
               .root_dir = authority.directory().node(),
               .endpoint = {.host = authority.options().host, .port = authority.port()},
               .version = cat("v", signet_version)},
              {clock, random, *runtime, worker, watcher}),
        thread([this](const std::stop_token& stop) { agent.run(stop); }) {}
};

LocalNode::LocalNode(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalNode::~LocalNode() = default;

Result<std::unique_ptr<LocalNode>> LocalNode::start(const Authority& authority, Clock& clock,
                                                    Random& random) {
  TRY_VOID(make_directory(authority.directory().node(), 0700));
  auto runtime = node::SandboxRuntime::create({.hidden = {authority.directory().path()}}, clock);
  if (!runtime) {
    return fail(runtime.error().kind,
                cat(runtime.error().message, " (`signet serve` runs the authority without pods)"));
  }
  return std::unique_ptr<LocalNode>(
      new LocalNode(std::make_unique<Impl>(authority, clock, random, *std::move(runtime))));
}

}  // namespace signet::server
