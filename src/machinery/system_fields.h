// What only the server says of an object: uid, times, version, generation.
//
// Shape    a new object gets them whatever it came with; a change keeps them, and may leave them
//          out.
// Source   api.md B.2, B.4.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/kind.h"

namespace signet::machinery {

// Of an object that is to be new.
void drop_system_fields(codec::Json& object);
void set_system_fields(codec::Json& object, const std::string& uid, Instant now);

// What a write leaves out of the server's own fields stays as it was; some stay whatever it says.
void keep_system_fields(codec::Json& wanted, const codec::Json& old);
// One more where the kind counts, and `spec` is another.
void count_generation(const Kind& kind, codec::Json& wanted, const codec::Json& old);

// metadata.resourceVersion; 0 for none, which is also how "0" is read.
ApiResult<std::uint64_t> named_version(const codec::Json& object);

}  // namespace signet::machinery
