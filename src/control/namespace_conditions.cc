#include "control/namespace_conditions.h"

#include <string_view>

#include "base/cat.h"
#include "codec/rfc3339.h"

namespace signet::control {
namespace {

using codec::Json;
using codec::JsonObject;

struct Finding {
  std::string_view type;
  std::string_view reason;   // when all is well
  std::string_view message;  // likewise
  std::string_view trouble;  // the reason when it is not
  std::string text;          // what is wrong; empty: nothing
};

// "pods. has 1 resource instances, secrets. has 2 resource instances"
std::string counted(const std::map<std::string, std::uint64_t>& counts, std::string_view verb) {
  std::string out;
  for (const auto& [name, count] : counts) {
    append(out, out.empty() ? "" : ", ", name, ' ', verb, ' ', count, " resource instances");
  }
  return out;
}

std::string failed(const std::vector<std::string>& failures) {
  std::string list;
  for (const auto& failure : failures) append(list, list.empty() ? "" : ", ", failure);
  return cat("Failed to delete all resource types, ", failures.size(), " remaining: ", list);
}

// Two of the five are about servers that serve other servers' kinds: nothing of that can fail here.
std::vector<Finding> findings(const NamespaceRemains& remains) {
  return {
      {"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
       "All resources successfully discovered", "", ""},
      {"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
       "All legacy kube types successfully parsed", "", ""},
      {"NamespaceDeletionContentFailure", "ContentDeleted",
       "All content successfully deleted, may be waiting on finalization", "ContentDeletionFailed",
       remains.failures.empty() ? "" : failed(remains.failures)},
      {"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed",
       "SomeResourcesRemain",
       remains.resources.empty()
           ? ""
           : cat("Some resources are remaining: ", counted(remains.resources, "has"))},
      {"NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
       "All content-preserving finalizers finished", "SomeFinalizersRemain",
       remains.finalizers.empty() ? ""
                                  : cat("Some content in the namespace has finalizers remaining: ",
                                        counted(remains.finalizers, "in"))},
  };
}

void set_condition(codec::JsonArray& conditions, const Finding& finding, std::string_view now) {
  const bool well = finding.text.empty();
  const JsonObject said{{"type", finding.type},
                        {"status", well ? "False" : "True"},
                        {"reason", well ? finding.reason : finding.trouble},
                        {"message", well ? finding.message : std::string_view(finding.text)}};
  auto fresh = said;
  fresh["lastTransitionTime"] = now;
  for (auto& condition : conditions) {
    if (codec::string_at(condition, "type") != finding.type) continue;
    bool same = true;
    for (const auto& member : said) {
      same = same && codec::string_at(condition, std::string_view(member.key())) ==
                         std::string_view(member.value().get_string());
    }
    if (!same) condition = std::move(fresh);
    return;
  }
  conditions.push_back(std::move(fresh));
}

}  // namespace

void set_deletion_conditions(Json& ns, const NamespaceRemains& remains, Instant now) {
  auto& conditions = codec::make_object_at(ns, "status")["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  const auto time = codec::to_rfc3339(whole_seconds(now));
  for (const auto& finding : findings(remains)) {
    set_condition(conditions.get_array(), finding, time);
  }
}

}  // namespace signet::control
