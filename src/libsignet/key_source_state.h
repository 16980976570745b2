// What stands behind the public KeySource.
#pragma once

#include <memory>

#include "signet/key_source.h"
#include "verify/key_source.h"

namespace signet {

struct KeySource::State {
  std::shared_ptr<const verify::KeySource> keys;
};

}  // namespace signet
