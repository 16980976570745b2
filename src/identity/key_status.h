// What a person is told about a key of the book: until when it is believed, and why.
#pragma once

#include "identity/key_book.h"
#include "identity/key_manager.h"

namespace signet::identity {

KeyStatus status_of(const KeyRecord& key);

}  // namespace signet::identity
