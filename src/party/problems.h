// Everything that is wrong with a policy, in the order it was found.
//
//   problems.add({.file = "issuers.yaml", .line = 12}, "spec.url", "is required");
//   // issuers.yaml:12: spec.url: is required
//
// Limits   the first 100; how many more there are is said.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signet::party {

struct Place {
  std::string_view file;
  std::size_t line = 0;  // 0: not known
};

class Problems {
 public:
  static constexpr std::size_t kept_max = 100;

  void add(const Place& place, std::string_view path, std::string_view what);
  bool empty() const { return kept_.empty(); }
  // With a last line that says how many were left out.
  std::vector<std::string> texts() const;

 private:
  std::vector<std::string> kept_;
  std::size_t left_out_ = 0;
};

}  // namespace signet::party
