// What every function of the C interface does alike: nothing thrown passes it, and what went wrong
// is written where the caller said.
//
//   return guarded(error, [&] {
//     if (path == nullptr) return invalid(error, "path: is NULL");
//     ...
//     return SIGNET_OK;
//   });
#pragma once

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include "signet/signet.h"

namespace signet {

inline signet_code give(signet_error* error, signet_code code, std::string_view message) {
  if (error != nullptr) {
    error->code = code;
    const auto length = std::min(message.size(), sizeof error->message - 1);
    std::memcpy(error->message, message.data(), length);
    error->message[length] = '\0';
  }
  return code;
}

inline signet_code invalid(signet_error* error, std::string_view message) {
  return give(error, SIGNET_INVALID, message);
}

// Runs what may throw: std::bad_alloc, or no thread to be had.
template <typename Body>
signet_code guarded(signet_error* error, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& thrown) {
    return give(error, SIGNET_INTERNAL, thrown.what());
  } catch (...) {
    return give(error, SIGNET_INTERNAL, "internal error");
  }
}

}  // namespace signet
