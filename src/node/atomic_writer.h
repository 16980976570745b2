// Replaces all files of a volume at once, so that a reader sees the old set or the new one.
//
//   AtomicWriter writer(directory, clock, random);
//   TRY(const auto outcome, writer.write(payload, {}));
//   ... a moment later ...
//   TRY_VOID(writer.sweep());
//
// Shape    DIR/token -> ..data/token, DIR/..data -> ..2026_11_23_19_18_25.3141592653, a directory
//          that holds the files; the switch is one rename of ..data. An equal payload writes
//          nothing but repairs missing visible links. What was replaced stays until sweep(): a
//          reader that has just followed ..data still needs the old directory for its next step.
// Errors   invalid for a path that may not be (nothing is touched then); else what the file system
//          says, with the old files still in place.
// Limits   a path has 4,096 bytes and an element 255.
// Threads  one writer a directory at a time, the caller's duty; readers any number.
// Source   the behaviour every kubelet shows; names that start with ".." are reserved.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace signet::node {

struct ProjectedFile {
  Secret bytes;
  mode_t mode = 0644;                    // exact, whatever the umask
  uid_t owner = static_cast<uid_t>(-1);  // -1: the agent's own
};

// By path relative to the volume.
using Payload = std::map<std::string, ProjectedFile>;

// The checked path in its shortest spelling: "a//b" and "./a/b" give "a/b".
Result<std::string> clean_payload_path(std::string_view path);

class AtomicWriter {
 public:
  enum class Outcome : std::uint8_t { unchanged, written };

  // `directory` exists.
  AtomicWriter(std::string directory, const Clock& clock, Random& random)
      : directory_(std::move(directory)), clock_(clock), random_(random) {}

  // `before_switch` sees the new files, not yet visible: owners and modes are set there.
  Result<Outcome> write(const Payload& payload, const std::function<Result<void>()>& before_switch);

  // Deletes the generations that are not shown, those that a crash left behind included.
  Result<void> sweep() const;

 private:
  Result<std::string> make_generation(int target) const;
  Result<void> switch_to(int target, const std::string& generation) const;

  std::string directory_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace signet::node
