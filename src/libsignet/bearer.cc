#include "signet/bearer.h"

#include "codec/bearer.h"

namespace signet {
namespace {

constexpr std::string_view invalid_token = "Bearer error=\"invalid_token\"";

}  // namespace

std::expected<std::string_view, NoBearer> bearer_token(std::string_view authorization) {
  const auto token = codec::bearer_token(authorization);
  if (token) return *token;
  return std::unexpected(token.error() == codec::NoBearer::absent ? NoBearer::absent
                                                                  : NoBearer::malformed);
}

int http_status(Refusal refusal) {
  return refusal == Refusal::keys_unavailable ? 503 : 401;
}

// RFC 6750 s3.1: whoever sent no credential is told no error.
std::string_view challenge(NoBearer fault) {
  return fault == NoBearer::absent ? "Bearer" : invalid_token;
}

std::string_view challenge(Refusal refusal) {
  return http_status(refusal) == 401 ? invalid_token : "";
}

}  // namespace signet
