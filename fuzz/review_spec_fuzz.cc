// The short way to read a TokenReview never differs from the way for all others.
// DEPS identity
#include "identity/review_spec.h"

#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto plain = identity::read_plain_review(text);
  if (!plain) return 0;
  net::Request request;
  request.headers = {{"content-type", "application/json"}};
  request.body = text;
  std::vector<std::string> warnings;
  const auto any = identity::read_any_review(request, machinery::FieldValidation::strict, warnings);
  fuzz::require(any && warnings.empty(), "there is nothing to say of what is plain");
  fuzz::require(*any == *plain, "both readers say the same");
  return 0;
}
