// What a cluster answers is understood or not known; only a TokenReview that says so is a yes.
// DEPS party
#include "party/token_review.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const net::ClientResponse response{.status = 201, .headers = {}, .body = std::string(text)};
  const auto answer = party::read_review(response, {"payments"}, {}, {});
  if (const auto* yes = std::get_if<party::ReviewYes>(&answer)) {
    fuzz::require(text.contains("TokenReview") || text.contains('\\'), "only a review says yes");
    fuzz::require(yes->audiences.size() <= 64 && yes->user.extra.size() <= 64, "it is bounded");
  }
  return 0;
}
