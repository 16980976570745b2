#include "access/rule.h"

#include <algorithm>

#include "base/cat.h"

namespace signet::access {
namespace {

using Texts = std::span<const std::string_view>;

bool contains(Texts texts, std::string_view wanted) {
  return std::ranges::find(texts, wanted) != texts.end();
}

bool contains_or_any(Texts texts, std::string_view wanted) {
  return contains(texts, "*") || contains(texts, wanted);
}

bool covers_resource(Texts resources, const machinery::RequestInfo& request) {
  if (contains(resources, "*")) return true;
  if (request.subresource.empty()) return contains(resources, request.resource);
  return contains(resources, cat(request.resource, '/', request.subresource)) ||
         contains(resources, cat("*/", request.subresource));
}

bool covers_path(Texts paths, std::string_view path) {
  return std::ranges::any_of(paths, [&](std::string_view pattern) {
    if (pattern == path) return true;
    if (!pattern.ends_with('*')) return false;
    while (pattern.ends_with('*')) pattern.remove_suffix(1);
    return path.starts_with(pattern);
  });
}

}  // namespace

bool covers(const Rule& rule, const machinery::RequestInfo& request) {
  if (!contains_or_any(rule.verbs, request.verb)) return false;
  if (!request.is_resource) return covers_path(rule.paths, request.path);
  return contains_or_any(rule.groups, request.group) && covers_resource(rule.resources, request) &&
         (rule.names.empty() || (!request.name.empty() && contains(rule.names, request.name)));
}

}  // namespace signet::access
