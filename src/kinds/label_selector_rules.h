// Labels, and selectors that are written as objects: matchLabels and matchExpressions.
//
//   validate_label_selector(selector, "spec.selector", RequirementRules{}, errors);
//
// Source   meta/v1 and core/v1; texts are wire facts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

struct RequirementRules {
  bool numbers = false;            // Gt and Lt, which only nodes are selected by
  bool unknown_operators = false;  // where a newer client may know more of them
  bool any_value = false;          // values that no label can have match nothing
};

void validate_label_key(std::string_view key, const std::string& path,
                        machinery::FieldErrors& errors);
void validate_labels(const codec::JsonObject& labels, const std::string& path,
                     machinery::FieldErrors& errors);
// One of matchExpressions, which stands at `where`.
void validate_requirement(const codec::Json& requirement, RequirementRules rules,
                          const std::string& where, machinery::FieldErrors& errors);
// The elements of matchExpressions of `selector`.
void validate_requirements(const codec::Json& selector, RequirementRules rules,
                           const std::string& where, machinery::FieldErrors& errors);
void validate_label_selector(const codec::Json& selector, RequirementRules rules,
                             const std::string& where, machinery::FieldErrors& errors);

// What Kubernetes says when it compiles a selector with a mistake: the first one only.
std::optional<std::string> label_selector_mistake(const codec::Json& selector);

// A selector without a mistake in the words of a query, for machinery::LabelSelector.
std::string label_selector_text(const codec::Json& selector);

}  // namespace signet::kinds
