// Error texts as clients of Kubernetes match on them: Go's quoting and Kubernetes' aggregates.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::token {

inline constexpr std::string_view invalid_bearer_token = "invalid bearer token";

// Go's strconv.Quote, and %q of a list: ["x" "y"].
std::string go_quote(std::string_view text);
std::string go_quote_list(std::span<const std::string> texts);
std::string go_quote_list(std::span<const std::string_view> texts);

// Several errors as one text: [a, b]; repeated ones once; a single one without brackets.
//
//   ErrorTexts errors;
//   errors.add(invalid_bearer_token);
//   errors.add(refusal.text);
//   reply.error = errors.text();
class ErrorTexts {
 public:
  void add(std::string_view text);
  void add(const ErrorTexts& nested);

  bool empty() const { return texts_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> texts_;
};

}  // namespace signet::token
