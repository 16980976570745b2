#include "identity/key_status.h"

#include "base/cat.h"

namespace signet::identity {
namespace {

std::string in_words(std::chrono::seconds lifetime) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(lifetime).count();
  return hours >= 48 ? cat(hours / 24, " days") : cat(hours, " hours");
}

std::string reason_of(const KeyRecord& key) {
  switch (key.state) {
    case KeyState::published:
      return "relying parties learn of it before it signs";
    case KeyState::signing:
      return "it signs; it ends some time after another key does";
    case KeyState::gone:
      return "no token of it is believed";
    case KeyState::retiring:
      break;
  }
  if (key.signed_endless) return "it signed tokens that never expire: it stays until it is retired";
  if (key.never_signed()) return "it signed nothing";
  return cat("tokens it signed live ", in_words(key.longest), " at most");
}

}  // namespace

KeyStatus status_of(const KeyRecord& key) {
  KeyStatus status{.kid = key.kid,
                   .algorithm = std::string(jose::to_string(key.algorithm)),
                   .state = std::string(to_string(key.state)),
                   .since = key.since,
                   .signs_from = std::nullopt,
                   .verifies_until = end_of(key),
                   .why = reason_of(key)};
  if (key.state == KeyState::published) status.signs_from = key.signs_from;
  return status;
}

}  // namespace signet::identity
