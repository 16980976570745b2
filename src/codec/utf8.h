// The checks of text that every reader makes, for those who read: see base/utf8.h.
#pragma once

#include "base/utf8.h"

namespace signet::codec {

using signet::append_utf8;
using signet::excerpt;
using signet::is_utf8;
using signet::utf8_sequence;

}  // namespace signet::codec
