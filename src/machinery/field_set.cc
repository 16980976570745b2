#include "machinery/field_set.h"

#include <algorithm>

#include "base/try.h"

namespace signet::machinery {
namespace {

using codec::Json;
using codec::JsonObject;
using Node = FieldSet::Node;

constexpr std::size_t elements_max = 50'000;
constexpr std::size_t depth_max = 60;
constexpr std::string_view itself = ".";

struct ReadSet {
  FieldSet below;
  bool member = false;  // the element that this stands under is one itself
};

Result<ReadSet> read_set(const Json& value, std::size_t depth, std::size_t& elements) {
  const JsonObject* members = value.if_object();
  if (members == nullptr) return fail(ErrorKind::invalid, "a set of fields is no object");
  if (depth == 0) return fail(ErrorKind::invalid, "a set of fields is too deep");
  ReadSet out;
  std::vector<Node> nodes;
  for (const auto& member : *members) {
    const std::string_view name = member.key();
    if (name == itself) {
      out.member = true;
      continue;
    }
    if (elements-- == 0) return fail(ErrorKind::invalid, "a set of fields is too large");
    TRY(auto element, PathElement::read(name));
    if (!element.is_known()) continue;
    TRY(auto inner, read_set(member.value(), depth - 1, elements));
    nodes.push_back({std::move(element), inner.member, std::move(inner.below)});
  }
  // Added in order, so that no order they come in makes this slow.
  std::ranges::sort(nodes, {}, &Node::element);
  for (Node& node : nodes) {
    out.below.add(std::move(node.element), node.member, std::move(node.below));
  }
  if (out.below.empty()) out.member = true;
  return out;
}

Json write_set(const FieldSet& set, bool member) {
  Json out(boost::json::object_kind);
  JsonObject& members = out.get_object();
  members.reserve(set.nodes().size() + (member ? 1 : 0));
  if (member && !set.empty()) members.emplace(itself, JsonObject());
  for (const Node& node : set.nodes()) {
    members.emplace(node.element.write(), write_set(node.below, node.member));
  }
  return out;
}

void list_paths(const FieldSet& set, const std::string& prefix, std::vector<std::string>& out) {
  for (const Node& node : set.nodes()) {
    if (node.member) out.push_back(prefix + node.element.display());
  }
  for (const Node& node : set.nodes()) {
    if (!node.below.empty()) list_paths(node.below, prefix + node.element.display(), out);
  }
}

// Walks two ascending rows of nodes together; `each` gets null for the side that has no such node.
template <typename Each>
void zip(const FieldSet& a, const FieldSet& b, Each each) {
  auto left = a.nodes().begin();
  auto right = b.nodes().begin();
  while (left != a.nodes().end() || right != b.nodes().end()) {
    int order = 0;
    if (left == a.nodes().end()) {
      order = 1;
    } else if (right == b.nodes().end()) {
      order = -1;
    } else {
      order = left->element.compare(right->element);
    }
    each(order <= 0 ? &*left : nullptr, order >= 0 ? &*right : nullptr);
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

auto place_of(const std::vector<Node>& nodes, const PathElement& element) {
  return std::ranges::lower_bound(nodes, element, {}, &Node::element);
}

}  // namespace

FieldSet::FieldSet() = default;
FieldSet::~FieldSet() = default;
FieldSet::FieldSet(const FieldSet& other) = default;
FieldSet::FieldSet(FieldSet&& other) noexcept = default;
FieldSet& FieldSet::operator=(const FieldSet& other) = default;
FieldSet& FieldSet::operator=(FieldSet&& other) noexcept = default;

Result<FieldSet> FieldSet::read(const Json& fields_v1) {
  std::size_t elements = elements_max;
  TRY(auto set, read_set(fields_v1, depth_max, elements));
  return std::move(set.below);
}

Json FieldSet::write() const {
  return write_set(*this, false);
}

void FieldSet::add(PathElement element, bool member, FieldSet below) {
  if (!member && below.empty()) return;
  if (nodes_.empty() || nodes_.back().element < element) {
    nodes_.push_back({std::move(element), member, std::move(below)});
    return;
  }
  const auto at = nodes_.begin() + (place_of(nodes_, element) - nodes_.cbegin());
  if (at->element == element) {
    at->member = at->member || member;
    at->below = at->below.empty() ? std::move(below) : at->below.united(below);
    return;
  }
  nodes_.insert(at, {std::move(element), member, std::move(below)});
}

void FieldSet::add(PathElement element) {
  add(std::move(element), true, FieldSet());
}

bool FieldSet::has(const PathElement& element) const {
  const auto at = place_of(nodes_, element);
  return at != nodes_.end() && at->element == element && at->member;
}

const FieldSet& FieldSet::below(const PathElement& element) const {
  static const FieldSet nothing;
  const auto at = place_of(nodes_, element);
  return at != nodes_.end() && at->element == element ? at->below : nothing;
}

FieldSet FieldSet::united(const FieldSet& other) const {
  FieldSet out;
  zip(*this, other, [&](const Node* a, const Node* b) {
    if (a == nullptr || b == nullptr) {
      out.nodes_.push_back(a == nullptr ? *b : *a);
    } else {
      out.nodes_.push_back({a->element, a->member || b->member, a->below.united(b->below)});
    }
  });
  return out;
}

FieldSet FieldSet::intersection(const FieldSet& other) const {
  FieldSet out;
  zip(*this, other, [&](const Node* a, const Node* b) {
    if (a == nullptr || b == nullptr) return;
    out.add(a->element, a->member && b->member, a->below.intersection(b->below));
  });
  return out;
}

FieldSet FieldSet::subtract(const FieldSet& other) const {
  FieldSet out;
  zip(*this, other, [&](const Node* a, const Node* b) {
    if (a == nullptr) return;
    if (b == nullptr) {
      out.nodes_.push_back(*a);
    } else {
      out.add(a->element, a->member && !b->member, a->below.subtract(b->below));
    }
  });
  return out;
}

FieldSet FieldSet::subtract_whole(const FieldSet& other) const {
  FieldSet out;
  zip(*this, other, [&](const Node* a, const Node* b) {
    if (a == nullptr) return;
    if (b == nullptr) {
      out.nodes_.push_back(*a);
    } else if (!b->member) {
      out.add(a->element, a->member, a->below.subtract_whole(b->below));
    }
  });
  return out;
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> out;
  list_paths(*this, {}, out);
  return out;
}

bool FieldSet::operator==(const FieldSet& other) const {
  return std::ranges::equal(nodes_, other.nodes_, [](const Node& a, const Node& b) {
    return a.member == b.member && a.element == b.element && a.below == b.below;
  });
}

}  // namespace signet::machinery
