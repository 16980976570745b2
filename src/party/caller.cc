#include "party/caller.h"

#include "base/cat.h"

namespace signet::party {
namespace {

// Cuts `prefix` off the front of `text`; false when it is not there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// What stands before the next slash, or all of it.
std::string_view take_segment(std::string_view& text) {
  const auto segment = text.substr(0, text.find('/'));
  text.remove_prefix(segment.size());
  return segment;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::offline:
      return "offline";
    case Method::review:
      return "review";
    case Method::both:
      return "both";
  }
  return "unknown";
}

std::string canonical_subject(std::string_view cluster, std::string_view ns,
                              std::string_view name) {
  return cat("k8s/", cluster, "/ns/", ns, "/sa/", name);
}

std::optional<SubjectParts> parse_subject(std::string_view subject) {
  SubjectParts parts;
  if (!take(subject, "k8s/")) return std::nullopt;
  parts.cluster = take_segment(subject);
  if (!take(subject, "/ns/")) return std::nullopt;
  parts.ns = take_segment(subject);
  if (!take(subject, "/sa/")) return std::nullopt;
  parts.name = take_segment(subject);
  if (!subject.empty() || parts.cluster.empty() || parts.ns.empty() || parts.name.empty()) {
    return std::nullopt;
  }
  return parts;
}

}  // namespace signet::party
