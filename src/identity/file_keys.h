// Keys that somebody else manages: the files of Kubernetes' flags, followed while the server runs.
//
//   TRY(auto keys, FileKeys::open({.signing_key_file = ..., .verification_key_files = ...}, ...));
//
// Shape    looked at once a second, all files as one: good new content is in force as a whole, bad
//          content changes nothing, is logged once and counted. Files that are changed one after
//          the other are taken when the key that signs is among those that verify, as it was
//          before.
// Errors   open(): the file and what is wrong with it. rotate() and retire() say how it is done
//          with files.
// Threads  one to follow the files.
// Source   tokens.md 9.1; that they are followed is ours, Kubernetes reads them at start.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/periodic.h"
#include "identity/key_manager.h"
#include "telemetry/metrics.h"

namespace signet::identity {

class FileKeys final : public KeyManager {
 public:
  struct Options {
    KeyFiles files;
    bool follow = true;  // look again by itself
  };
  static Result<std::unique_ptr<FileKeys>> open(Options options, const Clock& clock,
                                                telemetry::Registry& metrics);

  const KeyRing& ring() const override { return ring_; }
  Callback<Result<KeyList>> list(Executor& loop) override;
  Callback<Result<KeyList>> rotate(Rotation rotation, Executor& loop) override;
  Callback<Result<KeyList>> retire(std::string kid, bool at_once, Executor& loop) override;
  void stop() override { looking_.reset(); }

  // Reads the files again. Not beside a thread that follows them.
  void look();

 private:
  struct Seen {
    std::string kid;
    UnixTime since;  // it stands in the files, or signs
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  FileKeys(Options options, const KeySetPtr& keys, const Clock& clock,
           telemetry::Registry& metrics);
  Result<KeySetPtr> read() const;
  void note(const KeySet& keys);
  void warn_if_unknown(const KeySet& keys) const;
  KeyList key_list() const;

  Options options_;
  const Clock& clock_;
  KeyRing ring_;
  Guarded<std::vector<Seen>> seen_;  // the key that signs first
  std::string content_;              // fingerprint of what was looked at last
  std::string last_error_;           // of a look; empty: it was good
  telemetry::Counter good_;
  telemetry::Counter bad_;
  telemetry::Gauge failing_;
  telemetry::Gauge failed_at_;
  telemetry::Gauge changed_at_;
  telemetry::Gauge signing_;
  telemetry::Gauge verifying_;
  std::optional<Periodic> looking_;
};

}  // namespace signet::identity
