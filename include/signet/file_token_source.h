// The application's own token, from the file that the kubelet keeps fresh.
//
//   auto source = signet::FileTokenSource::open("/var/run/secrets/tokens/vault");
//   if (!source) return explain(source.error());
//   request.set("Authorization", "Bearer " + source->token());
//
// Shape    one token, with or without a newline after it. The file is opened by its path every
//          time, so a volume that switches its ..data link is followed, and read whole from one
//          open file, so a token is of the volume before or after the switch.
// Errors   only open() can fail. Later, what cannot be read, is no token or lacks the end of its
//          signature changes nothing: token() hands out the last good one.
// Limits   16 KiB.
// Threads  safe from any thread; no thread is started. Copies share one token.
// I/O      token() reads the file again once `reread_after` is over.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "signet/export.h"

namespace signet {

class SIGNET_EXPORT FileTokenSource {
 public:
  // `reread_after` lies between 0 and 60 seconds.
  static std::expected<FileTokenSource, std::string> open(
      std::string path, std::chrono::seconds reread_after = std::chrono::seconds{10});

  std::string token() const;

 private:
  struct State;
  explicit FileTokenSource(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace signet
