// A process that signs for us, as its answers come: nothing here is checked yet.
//
// Shape    the three calls of ExternalJWTSigner v1. Waiting ones are for threads that may wait;
//          sign() calls back.
// Errors   unavailable: nobody answered in time, or we are stopping; internal: it refused or spoke
//          another protocol. The text holds nothing of claims, headers or signatures.
// Threads  safe from any.
// Source   tokens.md 10.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace signet::signer {

struct RemoteSignature {
  std::string header;     // base64url, if it keeps to the protocol
  std::string signature;  // likewise
};

struct RemoteKey {
  std::string id;
  std::string spki;          // DER
  bool unpublished = false;  // verifies, and is not shown to relying parties

  friend bool operator==(const RemoteKey&, const RemoteKey&) = default;
};

struct RemoteKeys {
  std::vector<RemoteKey> keys;
  std::int64_t timestamp_seconds = 0;  // of the data
  std::int32_t timestamp_nanos = 0;
  bool has_timestamp = false;
  std::int64_t refresh_hint_seconds = 0;

  // The hint counts from each answer: it is no part of what the data is.
  bool same_data(const RemoteKeys& other) const {
    return has_timestamp == other.has_timestamp && timestamp_seconds == other.timestamp_seconds &&
           timestamp_nanos == other.timestamp_nanos && keys == other.keys;
  }
};

class RemoteSigner {
 public:
  using Milliseconds = std::chrono::milliseconds;
  using OnSigned = std::move_only_function<void(Result<RemoteSignature>)>;

  RemoteSigner() = default;
  RemoteSigner(const RemoteSigner&) = delete;
  RemoteSigner& operator=(const RemoteSigner&) = delete;
  virtual ~RemoteSigner() = default;

  virtual Result<RemoteKeys> fetch_keys(Milliseconds deadline) = 0;
  virtual Result<std::chrono::seconds> longest_lifetime(Milliseconds deadline) = 0;
  // `claims` as base64url. `done` runs once, on a thread of the signer's; after stop(), inside this
  // call.
  virtual void sign(std::string claims, Milliseconds deadline, OnSigned done) = 0;

  // Ends what is under way and refuses what comes; returns when nothing calls back any more.
  virtual void stop() = 0;
};

}  // namespace signet::signer
