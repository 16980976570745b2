#include "identity/key_manager.h"

#include <array>

#include "base/cat.h"

namespace signet::identity {
namespace {

struct Row {
  std::string_view algorithm;
  std::int64_t rsa_bits;
  crypto::NewKey key;
};
constexpr std::array<Row, 6> rows{{{"RS256", 2048, crypto::NewKey::rsa2048},
                                   {"RS256", 3072, crypto::NewKey::rsa3072},
                                   {"RS256", 4096, crypto::NewKey::rsa4096},
                                   {"ES256", 0, crypto::NewKey::p256},
                                   {"ES384", 0, crypto::NewKey::p384},
                                   {"ES512", 0, crypto::NewKey::p521}}};

}  // namespace

Result<crypto::NewKey> new_key_of(std::string_view algorithm, std::int64_t rsa_bits) {
  bool known = false;
  for (const auto& row : rows) {
    if (row.algorithm != algorithm) continue;
    if (rsa_bits == row.rsa_bits || rsa_bits == 0) return row.key;
    known = true;
  }
  if (!known) return fail(ErrorKind::invalid, "the algorithm must be RS256, ES256, ES384 or ES512");
  if (algorithm != "RS256") {
    return fail(ErrorKind::invalid, cat("a key for ", algorithm, " has no bits to choose"));
  }
  return fail(ErrorKind::invalid, "an RSA key must have 2048, 3072 or 4096 bits");
}

Callback<Result<KeyList>> answer(Result<KeyList> list, Executor& loop) {
  return Callback<Result<KeyList>>(
      [list = std::move(list), &loop](Callback<Result<KeyList>>::Complete complete) mutable {
        loop.post([list = std::move(list), complete = std::move(complete)]() mutable {
          complete(std::move(list));
        });
      });
}

}  // namespace signet::identity
