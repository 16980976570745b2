#include "gate/identity_headers.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/cat.h"

namespace signet::gate {
namespace {

constexpr std::size_t prefix_max = 32;
constexpr std::array<std::string_view, identity_fields> suffixes{
    "subject", "cluster", "namespace", "service-account", "service-account-uid",
    "pod",     "pod-uid", "node",      "node-uid",        "audience",
    "method",  "expires", "assertion"};

char folded(char c) {
  const char lower = lower_case(c);
  return is_lower_alphanumeric(lower) ? lower : '-';
}

bool equals_folded(std::string_view name, std::string_view ours) {
  return std::ranges::equal(name, ours, [](char a, char b) { return folded(a) == b; });
}

std::string audiences(const party::Caller& caller) {
  std::string joined;
  for (const auto& audience : caller.audiences) {
    append(joined, joined.empty() ? "" : ",", header_value(audience, ","));
  }
  return joined;
}

}  // namespace

Result<IdentityHeaders> IdentityHeaders::create(std::string_view prefix) {
  const bool good =
      !prefix.empty() && prefix.size() <= prefix_max && prefix.ends_with('-') &&
      std::ranges::all_of(prefix, [](char c) { return c == '-' || is_lower_alphanumeric(c); });
  if (good) return IdentityHeaders(prefix);
  return fail(ErrorKind::invalid,
              "a header prefix is 1 to 32 of a-z, 0-9 and \"-\", with \"-\" at its end");
}

IdentityHeaders::IdentityHeaders(std::string_view prefix) : prefix_(prefix) {
  for (std::size_t i = 0; i < suffixes.size(); ++i) names_[i] = cat(prefix, suffixes[i]);
}

std::vector<IdentityHeaders::Header> IdentityHeaders::of(const party::Caller& caller) const {
  static const party::ObjectName nothing;
  const auto& pod = caller.pod ? *caller.pod : nothing;
  const auto& node = caller.node ? *caller.node : nothing;
  std::vector<Header> headers;
  headers.reserve(identity_fields);
  const auto add = [&](IdentityField field, std::string value) {
    headers.emplace_back(name(field), std::move(value));
  };
  add(IdentityField::subject, header_value(caller.subject));
  add(IdentityField::cluster, header_value(caller.cluster));
  add(IdentityField::ns, header_value(caller.ns));
  add(IdentityField::service_account, header_value(caller.name));
  add(IdentityField::service_account_uid, header_value(caller.uid));
  add(IdentityField::pod, header_value(pod.name));
  add(IdentityField::pod_uid, header_value(pod.uid));
  add(IdentityField::node, header_value(node.name));
  add(IdentityField::node_uid, header_value(node.uid));
  add(IdentityField::audience, audiences(caller));
  add(IdentityField::method, std::string(to_string(caller.method)));
  add(IdentityField::expires,
      caller.not_after ? std::to_string(caller.not_after->time_since_epoch().count()) : "");
  return headers;
}

bool IdentityHeaders::is_lookalike(std::string_view name) const {
  if (name.size() <= prefix_.size() || !equals_folded(name.substr(0, prefix_.size()), prefix_)) {
    return false;
  }
  const auto rest = name.substr(prefix_.size());
  return std::ranges::any_of(
      suffixes, [rest](std::string_view suffix) { return equals_folded(rest, suffix); });
}

std::string header_value(std::string_view text, std::string_view also) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string value;
  value.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%' && !also.contains(c)) {
      value += c;
      continue;
    }
    value += '%';
    value += digits[byte >> 4U];
    value += digits[byte & 0xfU];
  }
  return value;
}

}  // namespace signet::gate
