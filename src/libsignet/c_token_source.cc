// The C interface of the application's own token over the C++ one.
#include <cstring>
#include <utility>

#include "jose/jws.h"
#include "libsignet/c_guard.h"
#include "signet/file_token_source.h"
#include "signet/signet.h"

static_assert(SIGNET_TOKEN_SIZE_MAX == signet::jose::token_bytes_max + 1);

struct signet_token_source {
  signet::FileTokenSource source;
};

using signet::give;
using signet::guarded;
using signet::invalid;

signet_code signet_token_source_open(const char* path, signet_token_source** source,
                                     signet_error* error) {
  return guarded(error, [&] {
    if (source == nullptr) return invalid(error, "source: is NULL");
    *source = nullptr;
    if (path == nullptr) return invalid(error, "path: is NULL");
    auto opened = signet::FileTokenSource::open(path);
    if (!opened) return invalid(error, opened.error());
    *source = new signet_token_source{.source = *std::move(opened)};
    return SIGNET_OK;
  });
}

signet_code signet_token_source_get(const signet_token_source* source, char* buffer, size_t size,
                                    size_t* length, signet_error* error) {
  return guarded(error, [&] {
    if (source == nullptr || (buffer == nullptr && size != 0)) {
      return invalid(error, "a pointer is NULL");
    }
    const auto token = source->source.token();
    if (length != nullptr) *length = token.size();
    if (size <= token.size())
      return give(error, SIGNET_BUFFER_TOO_SMALL, "the buffer is too small");
    std::memcpy(buffer, token.c_str(), token.size() + 1);
    return SIGNET_OK;
  });
}

void signet_token_source_free(signet_token_source* source) {
  delete source;
}
