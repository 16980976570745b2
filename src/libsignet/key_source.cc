#include "signet/key_source.h"

#include "base/clock.h"
#include "base/try.h"
#include "jose/jwk.h"
#include "libsignet/followed_file.h"
#include "libsignet/key_source_state.h"

namespace signet {

namespace {

Result<verify::KeySnapshot> parse_keys(std::string_view document) {
  TRY(auto parsed, jose::parse_jwks(document));
  if (parsed.keys.empty()) return fail(ErrorKind::invalid, "the key set has no usable key");
  return verify::KeySnapshot{.keys = std::move(parsed.keys)};
}

class FileKeys final : public verify::KeySource {
 public:
  FileKeys(std::string path, std::chrono::seconds reread_after)
      : file_(std::move(path), jose::jwks_bytes_max, reread_after, parse_keys, clock_) {}

  Result<void> load() { return file_.load(); }
  std::shared_ptr<const verify::KeySnapshot> current() const override { return file_.current(); }

 private:
  SystemClock clock_;
  mutable FollowedFile<verify::KeySnapshot> file_;
};

}  // namespace

std::expected<KeySource, std::string> KeySource::from_jwks(std::string_view document) {
  auto snapshot = parse_keys(document);
  if (!snapshot) return std::unexpected(std::move(snapshot).error().message);
  auto keys = std::make_shared<const verify::FixedKeys>(std::move(snapshot->keys));
  return KeySource(std::make_shared<const State>(State{.keys = std::move(keys)}));
}

std::expected<KeySource, std::string> KeySource::from_file(std::string path,
                                                           std::chrono::seconds reread_after) {
  if (reread_after < std::chrono::seconds(0)) {
    return std::unexpected("reread_after: must not be negative");
  }
  auto keys = std::make_shared<FileKeys>(std::move(path), reread_after);
  if (auto loaded = keys->load(); !loaded) {
    return std::unexpected(std::move(loaded).error().message);
  }
  return KeySource(std::make_shared<const State>(State{.keys = std::move(keys)}));
}

}  // namespace signet
