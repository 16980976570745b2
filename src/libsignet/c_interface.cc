// The C interface of the verifier over the C++ one.
#include <algorithm>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libsignet/c_guard.h"
#include "signet/key_source.h"
#include "signet/signet.h"
#include "signet/token_verifier.h"

static_assert(SIGNET_TOO_LARGE == static_cast<int>(signet::Refusal::too_large));
static_assert(SIGNET_KEYS_UNAVAILABLE == static_cast<int>(signet::Refusal::keys_unavailable));
static_assert(SIGNET_WRONG_AUDIENCE == static_cast<int>(signet::Refusal::wrong_audience));
static_assert(SIGNET_CLAIMS_MISMATCH == static_cast<int>(signet::Refusal::claims_mismatch));

struct signet_verifier {
  signet::TokenVerifier verifier;
};
struct signet_caller {
  signet::Caller caller;
};

namespace signet {
namespace {

constexpr std::int64_t leeway_max = 300;
// Of `now`, `wait_ms` and lifetimes: beyond, the arithmetic of instants would overflow.
constexpr std::int64_t instant_max = 9'000'000'000;
constexpr std::int64_t wait_ms_max = 60'000;

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
