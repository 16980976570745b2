// The issuers that are believed now, each with its keys. Replaced as a whole when the configuration
// changes; readers keep what they have.
//
// Threads  safe from any thread; a Reader belongs to one and takes a lock only after a change.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "oidc/compile.h"
#include "oidc/key_keeper.h"

namespace signet::oidc {

struct LiveAuthenticator {
  std::shared_ptr<const CompiledAuthenticator> rules;
  std::shared_ptr<KeyKeeper> keys;
};
using AuthenticatorSet = std::map<std::string, LiveAuthenticator, std::less<>>;  // by issuer
using AuthenticatorSetPtr = std::shared_ptr<const AuthenticatorSet>;

class Authenticators {
 public:
  AuthenticatorSetPtr current() const {
    return set_.with([](const AuthenticatorSetPtr& set) { return set; });
  }
  void replace(AuthenticatorSet set) {
    auto made = std::make_shared<const AuthenticatorSet>(std::move(set));
    set_.with([&](AuthenticatorSetPtr& held) { held = std::move(made); });
    generation_.fetch_add(1, std::memory_order_release);
  }

  class Reader {
   public:
    explicit Reader(const Authenticators& source) : source_(&source), set_(source.current()) {}
    const AuthenticatorSet& current() {
      const auto generation = source_->generation_.load(std::memory_order_acquire);
      if (generation != generation_) {
        set_ = source_->current();
        generation_ = generation;
      }
      return *set_;
    }

   private:
    const Authenticators* source_;
    std::uint64_t generation_ = 0;
    AuthenticatorSetPtr set_;
  };

 private:
  Guarded<AuthenticatorSetPtr> set_{std::make_shared<const AuthenticatorSet>()};
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace signet::oidc
