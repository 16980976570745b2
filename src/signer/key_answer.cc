#include "signer/key_answer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "jose/jws.h"

namespace signet::signer {
namespace {

// What google.protobuf.Timestamp allows: the years 1 to 9999.
constexpr std::int64_t timestamp_min = -62'135'596'800;
constexpr std::int64_t timestamp_max = 253'402'300'799;
constexpr std::int32_t nanos_max = 999'999'999;

bool good_timestamp(const RemoteKeys& answer) {
  return answer.has_timestamp && answer.timestamp_seconds >= timestamp_min &&
         answer.timestamp_seconds <= timestamp_max && answer.timestamp_nanos >= 0 &&
         answer.timestamp_nanos <= nanos_max;
}

Result<jose::VerificationKey> to_key(const RemoteKey& key) {
  if (key.id.empty()) return fail(ErrorKind::invalid, "a key has no id");
  if (key.id.size() > jose::token_kid_bytes_max) {
    return fail(ErrorKind::invalid, "a key id is longer than 1 kb");
  }
  if (key.spki.empty()) return fail(ErrorKind::invalid, "a key is empty");
  auto parsed = crypto::PublicKey::from_spki(key.spki);
  if (!parsed) return in_context("a key cannot be used", parsed.error());
  const auto algorithm = jose::algorithm_of(parsed->type());
  if (!jose::is_kubernetes(algorithm)) {
    return fail(ErrorKind::invalid, "a key cannot be used: neither RSA nor EC");
  }
  return jose::VerificationKey{.kid = key.id, .algorithm = algorithm, .key = *std::move(parsed)};
}

}  // namespace

Result<identity::KeySetPtr> to_key_set(const RemoteKeys& answer) {
  if (answer.refresh_hint_seconds <= 0) {
    return fail(ErrorKind::invalid, cat("the refresh hint must be above 0 seconds, and is ",
                                        answer.refresh_hint_seconds));
  }
  if (answer.keys.empty()) return fail(ErrorKind::invalid, "there are no keys");
  if (answer.keys.size() > remote_keys_max) {
    return fail(ErrorKind::invalid,
                cat("there are ", answer.keys.size(), " keys, more than ", remote_keys_max));
  }
  if (!good_timestamp(answer)) return fail(ErrorKind::invalid, "the data timestamp is invalid");
  std::vector<jose::VerificationKey> published;
  std::vector<jose::VerificationKey> others;
  for (const auto& key : answer.keys) {
    TRY(auto verification, to_key(key));
    (key.unpublished ? others : published).push_back(std::move(verification));
  }
  identity::KeySet set;
  set.unpublished = others.size();
  set.verification = std::move(published);
  std::ranges::move(others, std::back_inserter(set.verification));
  return std::make_shared<const identity::KeySet>(std::move(set));
}

}  // namespace signet::signer
