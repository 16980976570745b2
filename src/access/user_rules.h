// Which rules somebody has in a namespace, as a SelfSubjectRulesReview lists them.
//
// Shape    in the order in which they were found, not merged, with whatever they repeat.
// Source   api.md H.7.
#pragma once

#include <string>
#include <vector>

namespace signet::access {

struct ResourceRule {
  std::vector<std::string> verbs;
  std::vector<std::string> groups;
  std::vector<std::string> resources;
  std::vector<std::string> names;
};

struct PathRule {
  std::vector<std::string> verbs;
  std::vector<std::string> paths;
};

struct UserRules {
  std::vector<ResourceRule> resource_rules;
  std::vector<PathRule> path_rules;
  bool incomplete = false;       // they may do more than their rules say
  std::string evaluation_error;  // why some are missing
};

}  // namespace signet::access
