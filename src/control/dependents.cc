#include "control/dependents.h"

#include <algorithm>

namespace signet::control {

using machinery::Kind;
using machinery::Object;
using machinery::Owner;

const Kind* kind_of(const machinery::Registry& registry, const Owner& owner) {
  const std::string_view api_version = owner.api_version;
  const auto slash = api_version.find('/');
  const auto group =
      slash == std::string_view::npos ? std::string_view{} : api_version.substr(0, slash);
  const auto version =
      slash == std::string_view::npos ? api_version : api_version.substr(slash + 1);
  for (const auto* kind : registry.kinds()) {
    if (kind->stored && kind->kind == owner.kind && kind->group == group &&
        kind->version == version) {
      return kind;
    }
  }
  return nullptr;
}

bool refers_to(const Object& dependent, const Owner& reference, const Object& owner) {
  const auto& kind = owner.kind();
  return reference.uid == owner.uid() && reference.name == owner.name() &&
         reference.kind == kind.kind && reference.api_version == kind.api_version() &&
         (!kind.namespaced() ||
          (dependent.kind().namespaced() && dependent.namespace_name() == owner.namespace_name()));
}

void Dependents::add(const Object& object) {
  for (const auto& owner : object.owners()) {
    by_uid_[owner.uid].emplace(&object.kind(), std::string(object.key()));
  }
}

void Dependents::remove(const Object& object) {
  for (const auto& owner : object.owners()) {
    const auto found = by_uid_.find(owner.uid);
    if (found == by_uid_.end()) continue;
    found->second.erase({&object.kind(), std::string(object.key())});
    if (found->second.empty()) by_uid_.erase(found);
  }
}

void Dependents::apply(const machinery::Change& change) {
  const auto* before = change.previous.get();
  const auto* after = change.type == machinery::ChangeType::deleted ? nullptr : change.object.get();
  if (before != nullptr && after != nullptr &&
      std::ranges::equal(before->owners(), after->owners())) {
    return;
  }
  if (before != nullptr) remove(*before);
  if (after != nullptr) add(*after);
}

void Dependents::each_naming(
    std::string_view uid,
    const std::function<void(const Kind&, const std::string& key)>& use) const {
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return;
  for (const auto& [kind, key] : found->second) use(*kind, key);
}

void Dependents::each(const machinery::Snapshot& snapshot, const Object& owner,
                      const std::function<bool(const Object&, const Owner&)>& use) const {
  const auto found = by_uid_.find(owner.uid());
  if (found == by_uid_.end()) return;
  for (const auto& [kind, key] : found->second) {
    const auto* dependent = snapshot.find(*kind, key);
    if (dependent == nullptr) continue;
    for (const auto& reference : dependent->owners()) {
      if (refers_to(*dependent, reference, owner) && !use(*dependent, reference)) return;
    }
  }
}

}  // namespace signet::control
