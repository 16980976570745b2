#include "base/secret.h"

#include <cstring>

namespace signet {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe();
  }
  return *this;
}

void Secret::wipe() {
  // The whole capacity: a short string keeps its bytes in place when it is moved from.
  bytes_.resize(bytes_.capacity());
  ::explicit_bzero(bytes_.data(), bytes_.size());
  bytes_.clear();
}

}  // namespace signet
