// The parameter fieldValidation, and the words for fields that should not be there.
#include "base/cat.h"
#include "machinery/body.h"

namespace signet::machinery {

ApiResult<FieldValidation> field_validation(std::string_view parameter, std::string_view options) {
  if (parameter.empty() || parameter == "Warn") return FieldValidation::warn;
  if (parameter == "Ignore") return FieldValidation::ignore;
  if (parameter == "Strict") return FieldValidation::strict;
  FieldErrors errors;
  errors.unsupported("fieldValidation", quoted(parameter), {"", "Ignore", "Strict", "Warn"});
  return refuse(ApiError::invalid({.group = "meta.k8s.io", .name = options}, "", errors));
}

std::vector<std::string> field_problems(const DecodedBody& body) {
  std::vector<std::string> problems;
  problems.reserve(body.unknown.size() + body.duplicates.size());
  for (const auto& path : body.unknown) problems.push_back(cat("unknown field ", quoted(path)));
  for (const auto& path : body.duplicates) {
    problems.push_back(cat("duplicate field ", quoted(path)));
  }
  return problems;
}

std::string repeated_keys_error(const std::vector<std::string>& lines) {
  std::string out = "yaml: unmarshal errors:";
  for (const auto& line : lines) append(out, "\n  ", line);
  return out;
}

std::string strict_error(const std::vector<std::string>& problems) {
  std::string why = "strict decoding error: ";
  for (std::size_t i = 0; i < problems.size(); ++i) append(why, i == 0 ? "" : ", ", problems[i]);
  return why;
}

}  // namespace signet::machinery
