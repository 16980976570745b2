// Error texts as clients of Kubernetes match on them: Kubernetes' aggregates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signet::token {

inline constexpr std::string_view invalid_bearer_token = "invalid bearer token";

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
