// The file of an audit policy becomes rules, or a list of everything that is wrong with it.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "access/audit_policy.h"
#include "base/cat.h"
#include "base/try.h"
#include "codec/dns_name.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "machinery/field_error.h"

namespace signet::access {
namespace {

using codec::Json;
using machinery::quoted;
using Names = std::initializer_list<std::string_view>;

constexpr std::array levels{AuditLevel::none, AuditLevel::metadata, AuditLevel::request,
                            AuditLevel::request_response};
constexpr std::array stages{AuditStage::request_received, AuditStage::response_started,
                            AuditStage::response_complete, AuditStage::panic};

// The enumerator that is spelled `text`; what is none is said to be wrong, with what there is.
template <typename Enum, std::size_t size>
std::optional<Enum> named(const std::array<Enum, size>& all, std::string_view text,
                          std::string path, machinery::FieldErrors& errors) {
  std::vector<std::string_view> names;
  for (const auto value : all) {
    if (to_string(value) == text) return value;
    names.push_back(to_string(value));
  }
  errors.unsupported(std::move(path), quoted(text), names);
  return std::nullopt;
}

Result<Json> parse_text(std::string_view text) {
  if (text.size() > AuditPolicy::text_bytes_max) {
    return fail(ErrorKind::invalid, "larger than 1 MiB");
  }
  const auto start = text.find_first_not_of(" \t\r\n");
  const bool json = start != std::string_view::npos && text[start] == '{';
  return json ? codec::parse_json_strict(text, {}) : codec::parse_yaml(text, {});
}

}  // namespace

class AuditPolicyReader {
 public:
  Result<AuditPolicy> read(const Json& document) {
    check_members(document, "",
                  {"apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"});
    const auto api_version = text(document, "apiVersion", "");
    const auto kind = text(document, "kind", "");
    if (api_version != "audit.k8s.io/v1") {
      errors_.unsupported("apiVersion", quoted(api_version), {"audit.k8s.io/v1"});
    }
    if (kind != "Policy") errors_.unsupported("kind", quoted(kind), {"Policy"});
    omitted_ = stages_of(document, "");
    omit_managed_fields_ = flag(document, "omitManagedFields", "").value_or(false);
    AuditPolicy policy;
    const auto& rules = list(document, "rules", "");
    if (rules.empty()) errors_.required("rules", "at least one rule is needed");
    if (rules.size() > AuditPolicy::rules_max) {
      errors_.invalid("rules", std::to_string(rules.size()),
                      cat("at most ", AuditPolicy::rules_max, " rules"));
      return failure();
    }
    policy.rules_.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
      policy.rules_.push_back(rule(rules[i], cat("rules[", i, "]")));
    }
    if (!errors_.empty()) return failure();
    return policy;
  }

 private:
  std::unexpected<Error> failure() const {
    std::string all;
    for (const auto& error : errors_.all()) {
      append(all, all.empty() ? "" : "; ", error.path, error.path.empty() ? "" : ": ",
             error.message());
    }
    return fail(ErrorKind::invalid, std::move(all));
  }

  static std::string below(std::string_view path, std::string_view name) {
    return path.empty() ? std::string(name) : cat(path, '.', name);
  }

  void check_members(const Json& value, std::string_view path, Names known) {
    const auto* object = value.if_object();
    if (object == nullptr) {
      errors_.invalid(std::string(path), codec::to_json(value).substr(0, 64), "must be an object");
      return;
    }
    for (const auto& member : *object) {
      const std::string_view name = member.key();
      if (std::ranges::find(known, name) == known.end()) {
        errors_.forbidden(below(path, name), "unknown field");
      }
    }
  }

  // Null where the member is missing or null.
  static const Json* member(const Json& value, std::string_view name) {
    const auto* object = value.if_object();
    const auto* found = object == nullptr ? nullptr : object->if_contains(name);
    return found == nullptr || found->is_null() ? nullptr : found;
  }

  std::string_view text(const Json& value, std::string_view name, std::string_view path) {
    const auto* found = member(value, name);
    if (found == nullptr) return {};
    if (const auto* string = found->if_string()) return *string;
    errors_.invalid(below(path, name), codec::to_json(*found).substr(0, 64), "must be a string");
    return {};
  }

  std::optional<bool> flag(const Json& value, std::string_view name, std::string_view path) {
    const auto* found = member(value, name);
    if (found == nullptr) return std::nullopt;
    if (const auto* given = found->if_bool()) return *given;
    errors_.invalid(below(path, name), codec::to_json(*found).substr(0, 64),
                    "must be true or false");
    return std::nullopt;
  }

  const codec::JsonArray& list(const Json& value, std::string_view name, std::string_view path) {
    static const codec::JsonArray empty;
    const auto* found = member(value, name);
    if (found == nullptr) return empty;
    if (const auto* array = found->if_array()) return *array;
    errors_.invalid(below(path, name), codec::to_json(*found).substr(0, 64), "must be a list");
    return empty;
  }

  AuditPolicy::Texts texts(const Json& value, std::string_view name, std::string_view path) {
    AuditPolicy::Texts out;
    const auto& values = list(value, name, path);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (const auto* string = values[i].if_string()) {
        out.emplace_back(*string);
      } else {
        errors_.invalid(cat(below(path, name), '[', i, ']'),
                        codec::to_json(values[i]).substr(0, 64), "must be a string");
      }
    }
    return out;
  }

  std::uint8_t stages_of(const Json& value, std::string_view path) {
    unsigned bits = 0;
    const auto names = texts(value, "omitStages", path);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto stage =
          named(stages, names[i], cat(below(path, "omitStages"), '[', i, ']'), errors_);
      if (stage) bits |= 1U << static_cast<unsigned>(*stage);
    }
    return static_cast<std::uint8_t>(bits);
  }

  AuditPolicy::Rule rule(const Json& value, const std::string& path) {
    check_members(value, path,
                  {"level", "users", "userGroups", "verbs", "resources", "namespaces",
                   "nonResourceURLs", "omitStages", "omitManagedFields"});
    AuditPolicy::Rule out{
        .decision = {.omitted_stages = static_cast<std::uint8_t>(omitted_ | stages_of(value, path)),
                     .omit_managed_fields =
                         flag(value, "omitManagedFields", path).value_or(omit_managed_fields_)},
        .users = texts(value, "users", path),
        .groups = texts(value, "userGroups", path),
        .verbs = texts(value, "verbs", path),
        .resources = {},
        .namespaces = texts(value, "namespaces", path),
        .paths = texts(value, "nonResourceURLs", path)};
    if (member(value, "level") == nullptr) {
      errors_.required(below(path, "level"));
    } else if (const auto level =
                   named(levels, text(value, "level", path), below(path, "level"), errors_)) {
      out.decision.level = *level;
    }
    const auto& resources = list(value, "resources", path);
    for (std::size_t i = 0; i < resources.size(); ++i) {
      out.resources.push_back(group_resources(resources[i], cat(path, ".resources[", i, "]")));
    }
    check_paths(out.paths, below(path, "nonResourceURLs"));
    if (!out.paths.empty() && (!out.resources.empty() || !out.namespaces.empty())) {
      errors_.forbidden(below(path, "nonResourceURLs"),
                        "rules cannot apply to both regular resources and non-resource URLs");
    }
    return out;
  }

  AuditPolicy::Resources group_resources(const Json& value, const std::string& path) {
    check_members(value, path, {"group", "resources", "resourceNames"});
    AuditPolicy::Resources out{.group = std::string(text(value, "group", path)),
                               .resources = texts(value, "resources", path),
                               .names = texts(value, "resourceNames", path)};
    if (!out.group.empty() && !codec::is_dns_subdomain(out.group)) {
      errors_.invalid(below(path, "group"), quoted(out.group),
                      "must be the name of a group without a version");
    }
    if (!out.names.empty() && out.resources.empty()) {
      errors_.forbidden(below(path, "resourceNames"),
                        "using resourceNames requires at least one resource");
    }
    return out;
  }

  void check_paths(const AuditPolicy::Texts& paths, const std::string& path) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const auto& url = paths[i];
      if (url == "*") continue;
      if (!url.starts_with('/')) {
        errors_.invalid(cat(path, '[', i, ']'), quoted(url),
                        "non-resource URL rules must begin with a '/' character");
      }
      if (url.find('*') < url.size() - 1 && !url.empty()) {
        errors_.invalid(cat(path, '[', i, ']'), quoted(url),
                        "non-resource URL wildcards '*' must be the final character of the rule");
      }
    }
  }

  machinery::FieldErrors errors_;
  std::uint8_t omitted_ = 0;
  bool omit_managed_fields_ = false;
};

Result<AuditPolicy> AuditPolicy::parse(std::string_view text) {
  TRY(const auto document, parse_text(text));
  return AuditPolicyReader().read(document);
}

}  // namespace signet::access
