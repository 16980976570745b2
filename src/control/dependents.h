// Who belongs to whom: an index from an owner's uid to the objects that name it.
//
//   Dependents dependents;
//   dependents.apply(change);
//   dependents.each(snapshot, owner, [](const Object& dependent, const Owner& as) { ... });
//
// Shape    follows changes, and may lag behind a snapshot: what is handed out was looked up there
//          and still refers to the owner. A reference refers to an object if kind, name and uid
//          are its own and it can be seen from the dependent: an owner in a namespace owns only
//          what is in the same one.
// Limits   objects without owners cost nothing.
// Threads  its loop's.
// Source   api.md B.6.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "machinery/registry.h"
#include "machinery/view.h"

namespace signet::control {

// The stored kind that a reference names; null when this server has none such.
const machinery::Kind* kind_of(const machinery::Registry& registry, const machinery::Owner& owner);

// True if the reference, seen from `dependent`, is to `owner`.
bool refers_to(const machinery::Object& dependent, const machinery::Owner& reference,
               const machinery::Object& owner);

class Dependents {
 public:
  void add(const machinery::Object& object);
  void remove(const machinery::Object& object);
  void apply(const machinery::Change& change);

  // Every object that names this uid, whether it refers to a living owner or not.
  void each_naming(
      std::string_view uid,
      const std::function<void(const machinery::Kind&, const std::string& key)>& use) const;
  // The dependents of `owner`, until `use` returns false.
  void each(
      const machinery::Snapshot& snapshot, const machinery::Object& owner,
      const std::function<bool(const machinery::Object&, const machinery::Owner&)>& use) const;

 private:
  using Place = std::pair<const machinery::Kind*, std::string>;  // and key
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, std::set<Place>, Hash, std::equal_to<>> by_uid_;
};

}  // namespace signet::control
