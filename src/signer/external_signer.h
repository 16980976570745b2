// The external signer of an authority: connected to, asked what it can do, its keys kept fresh.
//
//   TRY(auto external, ExternalSigner::connect({.endpoint = path}, clock, metrics));
//   ... external->ring(), external->longest_lifetime(), external->make_signer(loop) ...
//   external->stop();       // before the loops
//
// Shape    a KeyManager whose keys somebody else manages: they are listed, and nothing is done to
//          them from here.
// Errors   connect(): `while setting up external-jwt-signer: ...`; it waits 60 s for keys and 10 s
//          for metadata, and says after a second that it waits. invalid: the signer, or the
//          configured maximum beside it, will not do.
// Threads  one of its own, for keys; gRPC's. stop() ends both, and what waits for them.
// Source   tokens.md 10, "Start-up".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "identity/key_manager.h"
#include "signer/remote_keys.h"
#include "signer/remote_signer.h"
#include "signer/remote_token_signer.h"
#include "telemetry/metrics.h"

namespace signet::signer {

class ExternalSigner final : public identity::KeyManager {
 public:
  struct Options {
    std::optional<std::chrono::seconds> token_lifetime_max;  // what the operator wants
    std::chrono::milliseconds keys_limit = std::chrono::seconds{60};
    std::chrono::milliseconds metadata_limit = std::chrono::seconds{10};
    // Asked while connect() waits; true: it fails at once. Null: never.
    std::function<bool()> give_up = nullptr;
  };

  static Result<std::unique_ptr<ExternalSigner>> connect(std::unique_ptr<RemoteSigner> remote,
                                                         const Options& options, const Clock& clock,
                                                         telemetry::Registry& metrics);
  ~ExternalSigner() override;
  ExternalSigner(const ExternalSigner&) = delete;
  ExternalSigner& operator=(const ExternalSigner&) = delete;

  std::chrono::seconds longest_lifetime() const { return longest_lifetime_; }
  std::unique_ptr<RemoteTokenSigner> make_signer(Executor& loop);

  const identity::KeyRing& ring() const override { return keeper_.ring(); }
  Callback<Result<identity::KeyList>> list(Executor& loop) override;
  Callback<Result<identity::KeyList>> rotate(identity::Rotation rotation, Executor& loop) override;
  Callback<Result<identity::KeyList>> retire(std::string kid, bool at_once,
                                             Executor& loop) override;
  void stop() override;

 private:
  ExternalSigner(std::unique_ptr<RemoteSigner> remote, const Clock& clock,
                 telemetry::Registry& metrics);

  std::unique_ptr<RemoteSigner> remote_;
  RemoteKeyKeeper keeper_;
  std::chrono::seconds longest_lifetime_{0};
  std::jthread refresher_;
};

}  // namespace signet::signer
