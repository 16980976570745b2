#include "signer/serve.h"

#include <chrono>
#include <iostream>
#include <utility>

#include "base/cat.h"
#include "base/end_signals.h"

namespace signet::signer {
namespace {

constexpr std::chrono::seconds look_interval{1};

int failed(const Error& error) {
  std::cerr << "signet: " << error.message << '\n';
  return 1;
}

}  // namespace

int serve(ServeOptions options, const Clock& clock) {
  block_end_signals();
  auto keys = SigningKeys::load(std::move(options.keys), clock);
  if (!keys) return failed(keys.error());
  const auto socket = options.server.socket;
  auto server = GrpcServer::start(std::move(options.server), **keys, clock);
  if (!server) return failed(server.error());
  std::cout << cat("signet signs at ", socket, " with key ", (*keys)->current()->keys.front().kid,
                   '\n')
            << std::flush;
  while (!end_signal_within(look_interval)) {
    (*keys)->look();
    if ((*keys)->lost_token()) {
      (*server)->stop();
      return failed({ErrorKind::unavailable, "the PKCS#11 token does not sign any more"});
    }
  }
  (*server)->stop();
  return 0;
}

}  // namespace signet::signer
