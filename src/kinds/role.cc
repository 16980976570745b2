// Role and ClusterRole: rules that say what may be done, of a namespace or of everything. What they
// allow is decided in access.
#include <optional>
#include <string>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/kinds.h"
#include "kinds/label_selector_rules.h"
#include "kinds/rbac_rules.h"
#include "kinds/rbac_schema.h"
#include "machinery/selector.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;

// A point in time, where other kinds show an age.
Json created_cell(const Json& object, Instant /*now*/) {
  return text_cell(object, "metadata.creationTimestamp", "0001-01-01T00:00:00Z");
}

constexpr machinery::Column columns[] = {
    name_column,
    {.name = "Created At",
     .type = "date",
     .description = "When the object was created",
     .cell = created_cell},
};

// No rules are `null`, whichever way the client wrote that.
void set_defaults(Json& object) {
  Json& rules = object.as_object()["rules"];
  if (rules.is_array() && rules.get_array().empty()) rules = nullptr;
}

void validate_rule(const Json& rule, bool namespaced, const std::string& where,
                   FieldErrors& errors) {
  const auto has = [&](std::string_view key) { return !codec::array_at(rule, key).empty(); };
  if (!has("verbs")) errors.required(where + ".verbs", "verbs must contain at least one value");
  if (has("nonResourceURLs")) {
    const auto path = where + ".nonResourceURLs";
    const auto urls = codec::to_json(codec::array_at(rule, "nonResourceURLs"), codec::Escape::html);
    if (namespaced) {
      errors.invalid(path, urls, "namespaced rules cannot apply to non-resource URLs");
    }
    if (has("apiGroups") || has("resources") || has("resourceNames")) {
      errors.invalid(path, urls,
                     "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (!has("apiGroups")) {
    errors.required(where + ".apiGroups", "resource rules must supply at least one api group");
  }
  if (!has("resources")) {
    errors.required(where + ".resources", "resource rules must supply at least one resource");
  }
}

void validate_rules(const Json& object, bool namespaced, FieldErrors& errors) {
  std::size_t index = 0;
  for (const Json& rule : codec::array_at(object, "rules")) {
    validate_rule(rule, namespaced, cat("rules[", index++, ']'), errors);
  }
}

void validate_role(const Json& object, FieldErrors& errors) {
  validate_rules(object, true, errors);
}

// One that is longer than what is selected by here would collect nothing.
std::optional<std::string> selector_mistake(const Json& selector) {
  if (auto mistake = label_selector_mistake(selector)) return mistake;
  const auto read = machinery::LabelSelector::parse(label_selector_text(selector));
  return read ? std::nullopt : std::optional(read.error().message);
}

void validate_cluster_role(const Json& object, FieldErrors& errors) {
  validate_rules(object, false, errors);
  const auto* aggregation = member(object, "aggregationRule");
  if (aggregation == nullptr) return;
  constexpr std::string_view path = "aggregationRule.clusterRoleSelectors";
  const auto& selectors = codec::array_at(*aggregation, "clusterRoleSelectors");
  if (selectors.empty()) {
    errors.required(std::string(path),
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    const auto where = cat(path, '[', i, ']');
    validate_label_selector(selectors[i], {}, where, errors);
    if (const auto mistake = selector_mistake(selectors[i])) {
      errors.invalid(where, R"("null")", cat("invalid label selector: ", *mistake));
    }
  }
}

}  // namespace

constinit const machinery::Kind role{
    .group = rbac_group,
    .version = "v1",
    .kind = "Role",
    .plural = "roles",
    .singular = "role",
    .description = "A Role is a list of rules about what may be done in its namespace.",
    .verbs = all_verbs,
    .schema = &role_schema,
    .name_rule = machinery::NameRule::path_segment,
    .create_on_update = true,
    .columns = columns,
    .compile = compile_role,
    .set_defaults = set_defaults,
    .validate = validate_role,
};

constinit const machinery::Kind cluster_role{
    .group = rbac_group,
    .version = "v1",
    .kind = "ClusterRole",
    .plural = "clusterroles",
    .singular = "clusterrole",
    .description =
        "A ClusterRole is a list of rules about what may be done; a binding says where and by "
        "whom.",
    .verbs = all_verbs,
    .scope = machinery::Scope::cluster,
    .schema = &cluster_role_schema,
    .name_rule = machinery::NameRule::path_segment,
    .create_on_update = true,
    .columns = columns,
    .compile = compile_role,
    .index = index_cluster_role,
    .set_defaults = set_defaults,
    .validate = validate_cluster_role,
};

}  // namespace signet::kinds
