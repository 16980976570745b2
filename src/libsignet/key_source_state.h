// What stands behind the public KeySource.
#pragma once

#include <memory>

#include "libsignet/discovered_keys.h"
#include "signet/key_source.h"
#include "verify/key_source.h"

namespace signet {

struct KeySource::State {
  std::shared_ptr<const verify::KeySource> keys;
  // The same, where keys can be waited for; else null.
  std::shared_ptr<DiscoveredKeys> discovered = nullptr;
};

}  // namespace signet
