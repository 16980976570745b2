// The C interface over the C++ one. Nothing thrown passes it, and no pointer is trusted to be set.
#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jose/jws.h"
#include "signet/file_token_source.h"
#include "signet/key_source.h"
#include "signet/signet.h"
#include "signet/token_verifier.h"

static_assert(SIGNET_TOKEN_SIZE_MAX == signet::jose::token_bytes_max + 1);

struct signet_verifier {
  signet::TokenVerifier verifier;
};
struct signet_caller {
  signet::Caller caller;
};
struct signet_token_source {
  signet::FileTokenSource source;
};

namespace signet {
namespace {

constexpr std::int64_t leeway_max = 300;
// Of `now`, `wait_ms` and lifetimes: beyond, the arithmetic of instants would overflow.
constexpr std::int64_t instant_max = 9'000'000'000;
constexpr std::int64_t wait_ms_max = 60'000;

signet_code give(signet_error* error, signet_code code, std::string_view message) {
  if (error != nullptr) {
    error->code = code;
    const auto length = std::min(message.size(), sizeof error->message - 1);
    std::memcpy(error->message, message.data(), length);
    error->message[length] = '\0';
  }
  return code;
}

signet_code invalid(signet_error* error, std::string_view message) {
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

std::string text(const char* given) {
  return given == nullptr ? std::string() : std::string(given);
}

// False: a pointer that is missing.
bool read_list(const char* const* list, std::size_t count, std::vector<std::string>& out) {
  if (count != 0 && list == nullptr) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (list[i] == nullptr) return false;
    out.emplace_back(list[i]);
  }
  return true;
}

std::expected<TokenVerifier::Options, std::string> read_options(const signet_options* given) {
  if (given == nullptr || given->size != sizeof(signet_options)) {
    return std::unexpected("options: missing, or `size` is not its size");
  }
  TokenVerifier::Options options{.issuer = text(given->issuer), .audiences = {}};
  std::vector<std::string> algorithms;
  if (!read_list(given->audiences, given->audience_count, options.audiences)) {
    return std::unexpected("audiences: one is NULL");
  }
  if (!read_list(given->algorithms, given->algorithm_count, algorithms)) {
    return std::unexpected("algorithms: one is NULL");
  }
  if (!algorithms.empty()) options.algorithms = std::move(algorithms);
  if (given->leeway < -1 || given->leeway > leeway_max) {
    return std::unexpected("leeway: must be -1 to 300");
  }
  if (given->leeway != 0)
    options.leeway = std::chrono::seconds(std::max<std::int64_t>(given->leeway, 0));
  if (given->lifetime_max < 0 || given->lifetime_max > instant_max) {
    return std::unexpected("lifetime_max: out of bounds");
  }
  if (given->lifetime_max != 0) options.lifetime_max = std::chrono::seconds(given->lifetime_max);
  return options;
}

signet_code make_verifier(const TokenVerifier::Options& options,
                          const std::expected<KeySource, std::string>& keys, signet_verifier** out,
                          signet_error* error) {
  if (!keys) return invalid(error, keys.error());
  auto made = TokenVerifier::create(options, *keys);
  if (!made) return invalid(error, made.error());
  *out = new signet_verifier{.verifier = *std::move(made)};
  return SIGNET_OK;
}

const std::string* field_of(const Caller& caller, signet_field field) {
  switch (field) {
    case SIGNET_SUBJECT:
      return &caller.subject;
    case SIGNET_NAMESPACE:
      return &caller.ns;
    case SIGNET_SERVICE_ACCOUNT:
      return &caller.service_account;
    case SIGNET_SERVICE_ACCOUNT_UID:
      return &caller.service_account_uid;
    case SIGNET_POD:
      return &caller.pod;
    case SIGNET_POD_UID:
      return &caller.pod_uid;
    case SIGNET_NODE:
      return &caller.node;
    case SIGNET_NODE_UID:
      return &caller.node_uid;
    case SIGNET_TOKEN_ID:
      return &caller.token_id;
  }
  return nullptr;
}

}  // namespace
}  // namespace signet

using signet::give;
using signet::guarded;
using signet::invalid;

const char* signet_code_name(signet_code code) {
  switch (code) {
    case SIGNET_OK:
      return "ok";
    case SIGNET_INVALID:
      return "invalid";
    case SIGNET_BUFFER_TOO_SMALL:
      return "buffer_too_small";
    case SIGNET_INTERNAL:
      return "internal";
    default:
      // Literals, so they end with a NUL.
      return signet::to_string(static_cast<signet::Refusal>(code)).data();
  }
}

signet_code signet_verifier_from_jwks(const signet_options* options, const char* jwks,
                                      size_t jwks_length, signet_verifier** verifier,
                                      signet_error* error) {
  return guarded(error, [&] {
    if (verifier == nullptr) return invalid(error, "verifier: is NULL");
    *verifier = nullptr;
    if (jwks == nullptr) return invalid(error, "jwks: is NULL");
    const auto read = signet::read_options(options);
    if (!read) return invalid(error, read.error());
    return signet::make_verifier(*read, signet::KeySource::from_jwks({jwks, jwks_length}), verifier,
                                 error);
  });
}

signet_code signet_verifier_by_discovery(const signet_options* options,
                                         const signet_discovery* discovery,
                                         signet_verifier** verifier, signet_error* error) {
  return guarded(error, [&] {
    if (verifier == nullptr) return invalid(error, "verifier: is NULL");
    *verifier = nullptr;
    const auto read = signet::read_options(options);
    if (!read) return invalid(error, read.error());
    if (discovery == nullptr || discovery->size != sizeof(signet_discovery)) {
      return invalid(error, "discovery: missing, or `size` is not its size");
    }
    signet::Discovery source{.issuer = read->issuer,
                             .ca_file = signet::text(discovery->ca_file),
                             .token_file = signet::text(discovery->token_file),
                             .allowed_cidrs = {},
                             .jwks_hosts = {},
                             .directory = signet::text(discovery->directory)};
    if (!signet::read_list(discovery->allowed_cidrs, discovery->allowed_cidr_count,
                           source.allowed_cidrs)) {
      return invalid(error, "allowed_cidrs: one is NULL");
    }
    return signet::make_verifier(*read, signet::KeySource::by_discovery(source), verifier, error);
  });
}

void signet_verifier_free(signet_verifier* verifier) {
  delete verifier;
}

signet_code signet_verify(const signet_verifier* verifier, const char* token, size_t token_length,
                          int64_t now, int64_t wait_ms, signet_caller** caller,
                          signet_error* error) {
  return guarded(error, [&] {
    if (caller == nullptr) return invalid(error, "caller: is NULL");
    *caller = nullptr;
    if (verifier == nullptr || token == nullptr) return invalid(error, "a pointer is NULL");
    if (now < 0 || now > signet::instant_max) return invalid(error, "now: out of bounds");
    if (wait_ms < 0 || wait_ms > signet::wait_ms_max) {
      return invalid(error, "wait_ms: must be 0 to 60000");
    }
    auto found = verifier->verifier.verify_waiting(
        {token, token_length}, std::chrono::sys_seconds(std::chrono::seconds(now)),
        std::chrono::milliseconds(wait_ms));
    if (!found) {
      return give(error, static_cast<signet_code>(found.error().refusal), found.error().detail);
    }
    *caller = new signet_caller{.caller = *std::move(found)};
    return SIGNET_OK;
  });
}

const char* signet_caller_text(const signet_caller* caller, signet_field field) {
  if (caller == nullptr) return "";
  const auto* text = signet::field_of(caller->caller, field);
  return text == nullptr ? "" : text->c_str();
}

const char* signet_caller_audience(const signet_caller* caller, size_t index) {
  if (caller == nullptr || index >= caller->caller.audiences.size()) return nullptr;
  return caller->caller.audiences[index].c_str();
}

int64_t signet_caller_expires_at(const signet_caller* caller) {
  return caller == nullptr ? 0 : caller->caller.expires_at.time_since_epoch().count();
}

void signet_caller_free(signet_caller* caller) {
  delete caller;
}

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
