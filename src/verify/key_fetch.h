// One request to an issuer: how it is made, and what its answer means.
//
//   TRY(auto request, request_of(order));          // reads CA and credentials
//   fetcher.start(std::move(request), [order](auto result) { apply(judge(order, result)); });
//
// Shape    pure but for the files of the source. An answer is judged on the fetcher's thread: keys
//          are checked there, once for each version.
// Errors   KeyFailure: a word for metrics, a sentence for operators.
// Source   verify.md A.2, A.6, A.12 (17, 19, 26, 29, 40), B.15.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "jose/algorithm.h"
#include "net/fetcher.h"
#include "verify/fetch_budget.h"
#include "verify/issuer_source.h"
#include "verify/key_set.h"

namespace signet::verify {

enum class FetchStage : std::uint8_t { none, document, keys };

struct FetchOrder {
  UnitId unit = 0;
  std::uint64_t attempt = 0;  // an answer to an older attempt is dropped
  FetchStage stage = FetchStage::none;
  std::string url;
  std::shared_ptr<const IssuerSource> source;
  std::shared_ptr<const net::FetchTrust> trust;  // counts where the source has no CA file
  std::vector<jose::Algorithm> algorithms;       // keys: those the document allows
  // Of the set that is held; with neither, an answer of 304 is a failure.
  std::string etag;
  std::string last_modified;
};

// Why an attempt brought nothing. The enumerator is also the metric label.
enum class KeyFailureReason : std::uint8_t {
  network,
  tls,
  address,      // the host resolves to where we do not go
  status,       // neither 200 nor 304
  document,     // not this issuer's discovery document, or it names a host that is not allowed
  keys,         // not a key set, or one that must not be used
  credentials,  // the CA or token file cannot be read
};
std::string_view to_string(KeyFailureReason reason);
inline constexpr std::size_t key_failure_reasons = 7;

struct KeyFailure {
  KeyFailureReason reason = KeyFailureReason::network;
  std::string message;
  bool worth_a_retry = false;    // the connection broke, or 502, 503, 504
  bool doubts_document = false;  // the keys may have moved: 404, 410, TLS
};

struct DocumentRead {
  std::string jwks_uri;
  std::vector<jose::Algorithm> algorithms;
};
struct KeysRead {
  std::vector<KeyRecord> records;  // by kid
  std::size_t skipped = 0;         // entries of no use to us
  std::optional<std::chrono::seconds> lifetime;
  std::string etag;
  std::string last_modified;
};
struct KeysUnchanged {
  std::optional<std::chrono::seconds> lifetime;
};
using KeyOutcome = std::variant<DocumentRead, KeysRead, KeysUnchanged, KeyFailure>;

Result<net::FetchRequest, KeyFailure> request_of(const FetchOrder& order);
KeyOutcome judge(const FetchOrder& order, const net::FetchResult& result);

// The keys of a set that is written down.
Result<std::vector<KeyRecord>> records_of(std::string_view jwks);

}  // namespace signet::verify
