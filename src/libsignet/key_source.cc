#include "signet/key_source.h"

#include "base/clock.h"
#include "base/try.h"
#include "crypto/key.h"
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

std::expected<KeySource, std::string> KeySource::from_pem(std::string_view text) {
  if (text.size() > jose::jwks_bytes_max) return std::unexpected("more than 128 KiB");
  auto parsed = crypto::parse_public_keys(text);
  if (!parsed) return std::unexpected(std::move(parsed).error().message);
  if (parsed->size() > jose::jwks_keys_max) return std::unexpected("more than 32 keys");
  std::vector<jose::VerificationKey> keys;
  for (const auto& key : *parsed) keys.push_back(jose::verification_key(key));
  auto fixed = std::make_shared<const verify::FixedKeys>(std::move(keys));
  return KeySource(std::make_shared<const State>(State{.keys = std::move(fixed)}));
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

std::expected<KeySource, std::string> KeySource::by_discovery(const Discovery& discovery) {
  auto made = DiscoveredKeys::create(discovery);
  if (!made) return std::unexpected(std::move(made).error().message);
  return KeySource(std::make_shared<const State>(State{.keys = *made, .discovered = *made}));
}

}  // namespace signet
