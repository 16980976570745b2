// A set of the fields of an object: what somebody owns of it, or what a write changed.
//
//   TRY(const FieldSet owned, FieldSet::read(fields_v1));
//   const FieldSet lost = owned.intersection(changed);
//   codec::Json text = owned.subtract(lost).write();  // {"f:data":{"f:a":{}}}
//
// Shape    a tree of path elements in Kubernetes' order; a node is a member itself, or has members
//          below it, or both ("." in its written form).
// Errors   invalid: a path element that cannot be read. Elements of a kind nobody knows are left
//          out, as Kubernetes does.
// Limits   what is read has at most 50,000 elements, 60 inside each other.
// Source   metav1.FieldsV1; structured-merge-diff's field paths.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace signet::machinery {

// One step of a path. The alternatives stand in the order in which Kubernetes sorts them.
class PathElement {
 public:
  using Keys = std::vector<std::pair<std::string, codec::Json>>;  // sorted by name

  static PathElement field(std::string_view name) { return PathElement(std::string(name)); }
  // An element of a list by the members that tell it apart.
  static PathElement keyed(Keys keys) { return PathElement(std::move(keys)); }
  // An element of a set. `value` is a scalar.
  static PathElement value(codec::Json value) { return PathElement(std::move(value)); }
  static Result<PathElement> read(std::string_view text);  // "f:name", "k:{...}", "v:...", "i:0"

  // Null when this is no field.
  const std::string* field_name() const { return std::get_if<std::string>(&step_); }
  std::string write() const;
  std::string display() const;  // ".name", "[name=\"x\"]", "[=\"x\"]", "[0]"
  bool is_known() const { return !std::holds_alternative<Unknown>(step_); }

  int compare(const PathElement& other) const;
  std::weak_ordering operator<=>(const PathElement& other) const { return compare(other) <=> 0; }
  bool operator==(const PathElement& other) const { return compare(other) == 0; }

 private:
  struct Unknown {};
  using Step = std::variant<std::string, Keys, codec::Json, std::int64_t, Unknown>;
  explicit PathElement(Step step) : step_(std::move(step)) {}

  Step step_;
};

class FieldSet {
 public:
  struct Node;

  FieldSet();
  ~FieldSet();
  FieldSet(const FieldSet& other);
  FieldSet(FieldSet&& other) noexcept;
  FieldSet& operator=(const FieldSet& other);
  FieldSet& operator=(FieldSet&& other) noexcept;

  static Result<FieldSet> read(const codec::Json& fields_v1);
  codec::Json write() const;

  // Puts `element` in with what is below it; nothing when it is no member and has nothing below.
  // Cheap in ascending order. An element that is there is united with this one.
  void add(PathElement element, bool member, FieldSet below);
  void add(PathElement element);

  bool empty() const { return nodes_.empty(); }
  const std::vector<Node>& nodes() const { return nodes_; }
  bool has(const PathElement& element) const;
  const FieldSet& below(const PathElement& element) const;  // empty when there is nothing

  FieldSet united(const FieldSet& other) const;
  FieldSet intersection(const FieldSet& other) const;
  // Without the members of `other`; what is below them stays.
  FieldSet subtract(const FieldSet& other) const;
  // Without the members of `other` and all that is below them.
  FieldSet subtract_whole(const FieldSet& other) const;

  // ".data.x" of every member: of one level first those on it, then what is below each.
  std::vector<std::string> paths() const;

  bool operator==(const FieldSet& other) const;

 private:
  std::vector<Node> nodes_;  // ascending
};

struct FieldSet::Node {
  PathElement element;
  bool member = false;
  FieldSet below;
};

}  // namespace signet::machinery
