#include "access/rule.h"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/cat.h"
#include "machinery/field_error.h"

namespace signet::access {
namespace {

using kinds::PolicyRule;
using Texts = std::vector<std::string>;

bool contains(const Texts& texts, std::string_view wanted) {
  return std::ranges::find(texts, wanted) != texts.end();
}

bool contains_or_any(const Texts& texts, std::string_view wanted) {
  return std::ranges::any_of(
      texts, [&](const std::string& text) { return text == "*" || text == wanted; });
}

// True for "resource/subresource", "*/subresource" and "*"; without a subresource for the resource.
bool means(std::string_view pattern, std::string_view resource, std::string_view subresource) {
  if (pattern == "*") return true;
  if (subresource.empty()) return pattern == resource;
  if (!pattern.ends_with(subresource)) return false;
  pattern.remove_suffix(subresource.size());
  if (!pattern.ends_with('/')) return false;
  pattern.remove_suffix(1);
  return pattern == "*" || pattern == resource;
}

bool covers_resource(const Texts& patterns, std::string_view resource,
                     std::string_view subresource) {
  return std::ranges::any_of(
      patterns, [&](std::string_view pattern) { return means(pattern, resource, subresource); });
}

bool covers_path(const Texts& patterns, std::string_view path) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    if (pattern == path) return true;
    if (!pattern.ends_with('*')) return false;
    while (pattern.ends_with('*')) pattern.remove_suffix(1);
    return path.starts_with(pattern);
  });
}

void append_list(std::string& out, std::string_view name, const Texts& texts) {
  if (texts.empty()) return;
  append(out, out.size() == 1 ? "" : ", ", name, ":[");
  bool first = true;
  for (const auto& text : texts) {
    append(out, first ? "" : " ", machinery::quoted(text));
    first = false;
  }
  out += ']';
}

constexpr auto too_many = std::numeric_limits<std::size_t>::max();

std::size_t product(std::size_t a, std::size_t b) {
  std::size_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? too_many : out;
}
std::size_t sum(std::size_t a, std::size_t b) {
  std::size_t out = 0;
  return __builtin_add_overflow(a, b, &out) ? too_many : out;
}

AtomSize size_of_combinations(std::initializer_list<const Texts*> lists) {
  AtomSize out{.count = 1, .bytes = 0};
  for (const auto* list : lists) {
    std::size_t bytes = 0;
    for (const auto& text : *list) bytes += text.size();
    // Every combination so far is repeated, and each text of this list comes in every one.
    out.bytes = sum(product(out.bytes, list->size()), product(bytes, out.count));
    out.count = product(out.count, list->size());
  }
  return out;
}

}  // namespace

bool covers(const PolicyRule& rule, const machinery::RequestInfo& request) {
  if (!contains_or_any(rule.verbs, request.verb)) return false;
  if (!request.is_resource) return covers_path(rule.non_resource_urls, request.path);
  return contains_or_any(rule.api_groups, request.group) &&
         covers_resource(rule.resources, request.resource, request.subresource) &&
         (rule.resource_names.empty() ||
          (!request.name.empty() && contains(rule.resource_names, request.name)));
}

bool covers_atom(const PolicyRule& held, const PolicyRule& asked) {
  if (!contains_or_any(held.verbs, asked.verbs.front())) return false;
  if (!asked.non_resource_urls.empty()) {
    return covers_path(held.non_resource_urls, asked.non_resource_urls.front());
  }
  const std::string_view whole = asked.resources.front();
  const auto slash = whole.find('/');
  const bool resource =
      contains(held.resources, whole) ||
      covers_resource(held.resources, whole.substr(0, slash),
                      slash == std::string_view::npos ? "" : whole.substr(slash + 1));
  return resource && contains_or_any(held.api_groups, asked.api_groups.front()) &&
         (held.resource_names.empty() ||
          (!asked.resource_names.empty() &&
           contains(held.resource_names, asked.resource_names.front())));
}

AtomSize size_of_atoms(const PolicyRule& rule) {
  const auto resources =
      rule.resource_names.empty()
          ? size_of_combinations({&rule.verbs, &rule.api_groups, &rule.resources})
          : size_of_combinations(
                {&rule.verbs, &rule.api_groups, &rule.resources, &rule.resource_names});
  const auto paths = size_of_combinations({&rule.verbs, &rule.non_resource_urls});
  return {.count = sum(resources.count, paths.count), .bytes = sum(resources.bytes, paths.bytes)};
}

std::vector<PolicyRule> atoms_of(const PolicyRule& rule) {
  const Texts no_name{std::string()};
  const auto& names = rule.resource_names.empty() ? no_name : rule.resource_names;
  std::vector<PolicyRule> out;
  for (const auto& group : rule.api_groups) {
    for (const auto& resource : rule.resources) {
      for (const auto& verb : rule.verbs) {
        for (const auto& name : names) {
          out.push_back({.verbs = {verb},
                         .api_groups = {group},
                         .resources = {resource},
                         .resource_names = rule.resource_names.empty() ? Texts{} : Texts{name},
                         .non_resource_urls = {}});
        }
      }
    }
  }
  for (const auto& path : rule.non_resource_urls) {
    for (const auto& verb : rule.verbs) {
      out.push_back({.verbs = {verb},
                     .api_groups = {},
                     .resources = {},
                     .resource_names = {},
                     .non_resource_urls = {path}});
    }
  }
  return out;
}

std::vector<PolicyRule> merged_by_verb(std::span<const PolicyRule> atoms) {
  std::vector<PolicyRule> out;
  std::map<std::tuple<Texts, Texts, Texts>, std::size_t> places;
  std::set<std::pair<std::size_t, std::string_view>> told;  // a rule may list a verb twice
  for (const auto& atom : atoms) {
    if (!atom.non_resource_urls.empty()) {
      out.push_back(atom);
      continue;
    }
    const auto [place, added] =
        places.try_emplace({atom.api_groups, atom.resources, atom.resource_names}, out.size());
    const bool again = !told.emplace(place->second, atom.verbs.front()).second;
    if (added) {
      out.push_back(atom);
    } else if (!again) {
      out[place->second].verbs.push_back(atom.verbs.front());
    }
  }
  return out;
}

std::string to_text(const PolicyRule& rule) {
  std::string out = "{";
  append_list(out, "APIGroups", rule.api_groups);
  append_list(out, "Resources", rule.resources);
  append_list(out, "NonResourceURLs", rule.non_resource_urls);
  append_list(out, "ResourceNames", rule.resource_names);
  append_list(out, "Verbs", rule.verbs);
  return out += '}';
}

}  // namespace signet::access
