// What the body of a TokenReview asks: a token, and for which audiences.
//
//   TRY(const auto spec, read_review_spec(request.http, validation, warnings));
//
// Shape    the TokenReview that clients send every day is read without building a tree. Any other
//          body goes through machinery::decode_body, which alone says what is wrong with one; the
//          two never differ on what both can read (review_spec_test.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/body.h"

namespace signet::identity {

struct ReviewSpec {
  std::string token;  // may be empty
  std::vector<std::string> audiences;
  std::string metadata = "{}";  // as it goes back, in JSON
  bool operator==(const ReviewSpec&) const = default;
};

machinery::ApiResult<ReviewSpec> read_review_spec(const net::Request& request,
                                                  machinery::FieldValidation validation,
                                                  std::vector<std::string>& warnings);

// Both ways of it. Nullopt: the body is not of that plain kind.
std::optional<ReviewSpec> read_plain_review(std::string_view body);
machinery::ApiResult<ReviewSpec> read_any_review(const net::Request& request,
                                                 machinery::FieldValidation validation,
                                                 std::vector<std::string>& warnings);

}  // namespace signet::identity
