// Label and field selectors: which objects a list, watch or collection delete means.
//
// Errors   400 with Kubernetes' parser text.
// Limits   4,096 bytes, 64 requirements.
// Source   Kubernetes label selector grammar (api.md C.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/api_error.h"
#include "machinery/object.h"

namespace signet::machinery {

class LabelSelector {
 public:
  static ApiResult<LabelSelector> parse(std::string_view text);
  bool matches(const std::vector<std::pair<std::string, std::string>>& labels) const;
  bool empty() const { return requirements_.empty(); }

 private:
  enum class Operator : std::uint8_t { exists, absent, in, not_in, greater, less };
  struct Requirement {
    std::string key;
    Operator op = Operator::exists;
    std::vector<std::string> values;  // sorted

    bool holds(const std::string* value) const;  // null: there is no such label
  };
  class Parser;

  std::vector<Requirement> requirements_;
};

class FieldSelector {
 public:
  // Checks the fields against what `kind` can select.
  static ApiResult<FieldSelector> parse(const Kind& kind, std::string_view text);
  // Whether it is one at all, whatever may be selected by.
  static bool is_well_formed(std::string_view text);
  bool matches(const Object& object) const;
  bool empty() const { return requirements_.empty(); }
  // The name (or value of a selectable path) that every match must have, if there is one.
  std::optional<std::string_view> required_name() const;
  std::optional<std::string_view> required(std::string_view path) const;

 private:
  struct Requirement {
    std::string path;
    std::string value;
    bool equal = true;
    std::optional<std::size_t> index;  // in kind.selectable; nullopt: metadata.name or .namespace
  };
  static Result<FieldSelector, std::string> parse_terms(std::string_view text);

  std::vector<Requirement> requirements_;
};

}  // namespace signet::machinery
