#include "kinds/pod_placement_rules.h"

#include <set>
#include <string>
#include <vector>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/label_selector_rules.h"
#include "kinds/network_rules.h"
#include "machinery/meta_validation.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

constexpr std::string_view required_terms = "requiredDuringSchedulingIgnoredDuringExecution";
constexpr std::string_view preferred_terms = "preferredDuringSchedulingIgnoredDuringExecution";

constexpr RequirementRules of_nodes{.numbers = true, .any_value = true};

void validate_selector_at(const Json& holder, std::string_view key, const std::string& where,
                          FieldErrors& errors) {
  const auto* selector = member(holder, key);
  if (selector == nullptr) return;
  validate_label_selector(*selector, RequirementRules{}, cat(where, '.', key), errors);
}

void validate_weight(const Json& term, const std::string& where, FieldErrors& errors) {
  constexpr std::int64_t weight_max = 100;
  const auto weight = codec::int_at(term, "weight").value_or(0);
  if (weight >= 1 && weight <= weight_max) return;
  errors.invalid(where + ".weight", cat(weight), "must be in the range 1-100");
}

void validate_topology_key(const Json& holder, const std::string& where, FieldErrors& errors) {
  const auto key = codec::string_at(holder, "topologyKey");
  const auto path = where + ".topologyKey";
  if (key.empty()) return errors.required(path, "can not be empty");
  validate_label_key(key, path, errors);
}

void validate_node_affinity(const Json& affinity, const std::string& where, FieldErrors& errors) {
  if (const auto* required = member(affinity, required_terms)) {
    const auto at = cat(where, '.', required_terms, ".nodeSelectorTerms");
    const auto& terms = codec::array_at(*required, "nodeSelectorTerms");
    if (terms.empty()) errors.required(at, "must have at least one node selector term");
    for (std::size_t i = 0; i < terms.size(); ++i) {
      validate_requirements(terms[i], of_nodes, cat(at, '[', i, ']'), errors);
    }
  }
  std::size_t index = 0;
  for (const Json& term : codec::array_at(affinity, preferred_terms)) {
    const auto at = cat(where, '.', preferred_terms, '[', index++, ']');
    validate_weight(term, at, errors);
    if (const auto* preference = member(term, "preference")) {
      validate_requirements(*preference, of_nodes, at + ".preference", errors);
    }
  }
}

void validate_pod_term(const Json& term, const std::string& where, FieldErrors& errors) {
  validate_selector_at(term, "labelSelector", where, errors);
  validate_selector_at(term, "namespaceSelector", where, errors);
  for (const Json& name : codec::array_at(term, "namespaces")) {
    const auto* text = name.if_string();
    if (text == nullptr) continue;
    machinery::validate_name(machinery::NameRule::dns_label, *text, where + ".namespace", errors);
  }
  validate_topology_key(term, where, errors);
}

void validate_pod_affinity(const Json& affinity, const std::string& where, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& term : codec::array_at(affinity, required_terms)) {
    validate_pod_term(term, cat(where, '.', required_terms, '[', index++, ']'), errors);
  }
  index = 0;
  for (const Json& weighted : codec::array_at(affinity, preferred_terms)) {
    const auto at = cat(where, '.', preferred_terms, '[', index++, ']');
    validate_weight(weighted, at, errors);
    const auto* term = member(weighted, "podAffinityTerm");
    validate_pod_term(term == nullptr ? Json(codec::JsonObject{}) : *term, at + ".podAffinityTerm",
                      errors);
  }
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) append(out, out.empty() ? "" : ";", text);
  return out;
}

// As Go prints the structure.
std::string printed(const Json& toleration) {
  const auto seconds = codec::int_at(toleration, "tolerationSeconds");
  return cat("core.Toleration{Key:", quoted(codec::string_at(toleration, "key")),
             ", Operator:", quoted(codec::string_at(toleration, "operator")),
             ", Value:", quoted(codec::string_at(toleration, "value")),
             ", Effect:", quoted(codec::string_at(toleration, "effect")),
             ", TolerationSeconds:", seconds ? cat(*seconds) : "(*int64)(nil)", "}");
}

void validate_toleration(const Json& toleration, const std::string& where, FieldErrors& errors) {
  const auto key = codec::string_at(toleration, "key");
  const auto op = codec::string_at(toleration, "operator");
  const auto value = codec::string_at(toleration, "value");
  const auto effect = codec::string_at(toleration, "effect");
  const auto op_path = where + ".operator";
  if (!key.empty()) validate_label_key(key, where + ".key", errors);
  if (key.empty() && op != "Exists") {
    errors.invalid(op_path, quoted(op),
                   "operator must be Exists when `key` is empty, which means \"match all values "
                   "and all keys\"");
  }
  if (codec::int_at(toleration, "tolerationSeconds") && effect != "NoExecute") {
    errors.invalid(where + ".effect", quoted(effect),
                   "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (op.empty() || op == "Equal") {
    if (const auto messages = machinery::label_value_messages(value); !messages.empty()) {
      errors.invalid(op_path, quoted(value), joined(messages));
    }
  } else if (op == "Exists") {
    if (!value.empty()) {
      errors.invalid(op_path, printed(toleration),
                     "value must be empty when `operator` is 'Exists'");
    }
  } else {
    errors.unsupported(op_path, quoted(op), {"Equal", "Exists"});
  }
  validate_one_of(toleration, "effect", where, {"NoSchedule", "PreferNoSchedule", "NoExecute"},
                  true, errors);
}

}  // namespace

void validate_node_selector(const Json& pod, FieldErrors& errors) {
  validate_labels(codec::object_at(pod, "spec.nodeSelector"), "spec.nodeSelector", errors);
}

void validate_affinity(const Json& pod, FieldErrors& errors) {
  const auto* affinity = codec::find(pod, "spec.affinity");
  if (affinity == nullptr) return;
  if (const auto* nodes = member(*affinity, "nodeAffinity")) {
    validate_node_affinity(*nodes, "spec.affinity.nodeAffinity", errors);
  }
  for (const std::string_view name : {"podAffinity", "podAntiAffinity"}) {
    const auto* pods = member(*affinity, name);
    if (pods != nullptr) validate_pod_affinity(*pods, cat("spec.affinity.", name), errors);
  }
}

void validate_tolerations(const Json& pod, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& toleration : codec::array_at(pod, "spec.tolerations")) {
    validate_toleration(toleration, cat("spec.tolerations[", index++, ']'), errors);
  }
}

void validate_topology_spread(const Json& pod, FieldErrors& errors) {
  std::set<std::string> seen;
  std::size_t index = 0;
  for (const Json& constraint : codec::array_at(pod, "spec.topologySpreadConstraints")) {
    const auto at = cat("spec.topologySpreadConstraints[", index++, ']');
    const auto skew = codec::int_at(constraint, "maxSkew").value_or(0);
    if (skew <= 0) errors.invalid(at + ".maxSkew", cat(skew), "must be greater than zero");
    validate_topology_key(constraint, at, errors);
    const auto action = codec::string_at(constraint, "whenUnsatisfiable");
    if (action != "DoNotSchedule" && action != "ScheduleAnyway") {
      errors.unsupported(at + ".whenUnsatisfiable", quoted(action),
                         {"DoNotSchedule", "ScheduleAnyway"});
    }
    auto pair = cat('{', codec::string_at(constraint, "topologyKey"), ", ", action, '}');
    if (!seen.insert(pair).second) {
      errors.duplicate(at + ".{topologyKey, whenUnsatisfiable}", quoted(pair));
    }
    validate_selector_at(constraint, "labelSelector", at, errors);
  }
}

}  // namespace signet::kinds
