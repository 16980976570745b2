#include "party/refusal.h"

#include <array>
#include <cstddef>

namespace signet::party {
namespace {

struct Row {
  std::string_view word;
  int status;
  std::string_view text;
};

// In the order of Refusal.
constexpr std::array<Row, refusals> table{{
    {"malformed", 401, "the credential is not a token"},
    {"unsupported", 401, "this kind of token is not accepted"},
    {"unknown_issuer", 401, "the token's issuer is not trusted here"},
    {"bad_signature", 401, "the token's signature is not good"},
    {"unknown_key", 401, "the token's key is not known"},
    {"expired", 401, "the token has expired"},
    {"not_yet_valid", 401, "the token is not valid yet"},
    {"wrong_audience", 401, "the token is meant for another audience"},
    {"claims_mismatch", 401, "the token's claims do not agree"},
    {"revoked", 401, "the token is no longer good"},
    {"forbidden", 403, "the caller may not do this"},
    {"keys_unavailable", 503, "the token cannot be checked now"},
    {"review_unavailable", 503, "the token cannot be checked now"},
    {"overloaded", 429, "too many tokens are being checked"},
}};

constexpr const Row& row(Refusal reason) {
  return table[static_cast<std::size_t>(reason)];
}

}  // namespace

std::string_view to_string(Refusal reason) {
  return row(reason).word;
}

int http_status(Refusal reason) {
  return row(reason).status;
}

std::string_view challenge(Refusal reason) {
  return http_status(reason) == 401 ? "Bearer error=\"invalid_token\"" : "";
}

std::string_view public_text(Refusal reason) {
  return row(reason).text;
}

}  // namespace signet::party
