#include "control/garbage_collector.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"

namespace signet::control {
namespace {

using codec::Json;
using machinery::ApiResult;
using machinery::Cascade;
using machinery::Object;
using machinery::Owner;
using machinery::Snapshot;

// As many as share one commit without keeping others from writing.
constexpr std::size_t at_once = 128;

bool is_reference_to(const Json& reference, const Owner& owner) {
  return codec::string_at(reference, "uid") == owner.uid &&
         codec::string_at(reference, "name") == owner.name &&
         codec::string_at(reference, "kind") == owner.kind &&
         codec::string_at(reference, "apiVersion") == owner.api_version;
}

Json without_owners(const Json& object, const std::vector<Owner>& forgotten) {
  auto wanted = object;
  codec::JsonArray kept;
  for (const auto& reference : codec::array_at(object, "metadata.ownerReferences")) {
    if (std::ranges::none_of(
            forgotten, [&](const Owner& owner) { return is_reference_to(reference, owner); })) {
      kept.push_back(reference);
    }
  }
  codec::make_object_at(wanted, "metadata")["ownerReferences"] = std::move(kept);
  return wanted;
}

Json without_blocking(const Json& object) {
  auto wanted = object;
  auto* references = codec::make_object_at(wanted, "metadata")["ownerReferences"].if_array();
  if (references == nullptr) return wanted;
  for (auto& reference : *references) {
    if (reference.is_object()) reference.as_object()["blockOwnerDeletion"] = false;
  }
  return wanted;
}

bool blocks_somebody(const Object& object) {
  return std::ranges::any_of(object.owners(), &Owner::blocks);
}

}  // namespace

GarbageCollector::GarbageCollector(machinery::Api& api)
    : api_(api),
      queue_(
          api.parts().loop, "garbage",
          [this](std::string store_key) { return reconcile(std::move(store_key)); }, at_once) {}

void GarbageCollector::start() {
  const auto snapshot = api_.shared_snapshot();
  std::vector<machinery::ObjectPtr> concerned;
  for (const auto* kind : api_.parts().registry.kinds()) {
    if (!kind->keeps_objects()) continue;
    snapshot->for_each(*kind, "", "", [&](const machinery::ObjectPtr& object) {
      dependents_.add(*object);
      if (!object->owners().empty() || object->cascade() != Cascade::none) {
        concerned.push_back(object);
      }
      return true;
    });
  }
  for (const auto& object : concerned) look_at(*object);
}

void GarbageCollector::tell(const machinery::Change& change) {
  const auto& object = *change.object;
  dependents_.apply(change);
  if (change.type == machinery::ChangeType::deleted) {
    look_at_dependents(object.uid());
    look_at_waiting_owners(object);
    return;
  }
  look_at(object);
  const auto* before = change.previous.get();
  if (before != nullptr && !std::ranges::equal(before->owners(), object.owners())) {
    look_at_waiting_owners(*before);
  }
  const bool starts_waiting = object.cascade() != Cascade::none &&
                              (before == nullptr || before->cascade() != object.cascade());
  if (starts_waiting) look_at_dependents(object.uid());
}

void GarbageCollector::look_at(const Object& object) {
  if (object.owners().empty() && object.cascade() == Cascade::none) return;
  if (plan(api_.snapshot(), object).step == Step::none) return;
  queue_.add(machinery::store_key(object.kind(), object.key()));
}

void GarbageCollector::look_at_dependents(std::string_view uid) {
  dependents_.each_naming(uid, [this](const machinery::Kind& kind, const std::string& key) {
    queue_.add(machinery::store_key(kind, key));
  });
}

void GarbageCollector::look_at_waiting_owners(const Object& dependent) {
  for (const auto& owner : dependent.owners()) {
    const auto* kind = kind_of(api_.parts().registry, owner);
    if (kind == nullptr) continue;
    const auto key =
        kind->namespaced() ? cat(dependent.namespace_name(), '/', owner.name) : owner.name;
    const auto* found = api_.snapshot().find(*kind, key);
    if (found == nullptr || found->cascade() == Cascade::none) continue;
    queue_.add(machinery::store_key(*kind, key));
  }
}

GarbageCollector::Owners GarbageCollector::owners_of(const Snapshot& snapshot,
                                                     const Object& object) const {
  Owners out;
  for (const auto& owner : object.owners()) {
    const auto* kind = kind_of(api_.parts().registry, owner);
    if (kind == nullptr || (kind->namespaced() && !object.kind().namespaced())) {
      out.known = false;
      continue;
    }
    const auto* found = snapshot.find(
        *kind, kind->namespaced() ? cat(object.namespace_name(), '/', owner.name) : owner.name);
    if (found == nullptr || found->uid() != owner.uid) {
      out.gone.push_back(owner);
    } else if (found->cascade() == Cascade::orphan) {
      out.orphaning.push_back(owner);
    } else if (found->cascade() == Cascade::foreground) {
      out.waiting.push_back(owner);
    } else {
      out.any_lives = true;
    }
  }
  return out;
}

GarbageCollector::Plan GarbageCollector::plan(const Snapshot& snapshot,
                                              const Object& object) const {
  auto owners = owners_of(snapshot, object);
  if (!owners.orphaning.empty()) {
    return {.step = Step::forget, .forgotten = std::move(owners.orphaning)};
  }
  if (object.deleted_at()) return plan_deleted(snapshot, object);
  if (object.owners().empty() || !owners.known) return {};
  if (owners.any_lives) {
    auto forgotten = std::move(owners.gone);
    // An owner that waits for this object would wait for ever: the other one keeps it.
    forgotten.insert(forgotten.end(), owners.waiting.begin(), owners.waiting.end());
    if (forgotten.empty()) return {};
    return {.step = Step::forget, .forgotten = std::move(forgotten)};
  }
  bool has_dependents = false;
  dependents_.each(snapshot, object, [&](const Object&, const Owner&) {
    has_dependents = true;
    return false;
  });
  // Its owner waits for the whole tree below it.
  if (!owners.waiting.empty() && has_dependents) {
    if (blocks_somebody(object) && is_in_circle(snapshot, object)) return {.step = Step::unblock};
    return {.step = Step::remove, .propagation = "Foreground"};
  }
  return {.step = Step::remove};
}

// An object that is being deleted leaves when those it waits for have done their part.
GarbageCollector::Plan GarbageCollector::plan_deleted(const Snapshot& snapshot,
                                                      const Object& object) const {
  const auto cascade = object.cascade();
  if (cascade == Cascade::none) return {};
  bool waits = false;
  dependents_.each(snapshot, object, [&](const Object&, const Owner& as) {
    waits = cascade == Cascade::orphan || as.blocks;
    return !waits;
  });
  if (waits) return {};
  return {.step = Step::release,
          .finalizer = cascade == Cascade::orphan ? machinery::orphan_finalizer
                                                  : machinery::foreground_finalizer};
}

// One that depends on it waits for its own dependents: perhaps for this object too, through however
// many others.
bool GarbageCollector::is_in_circle(const Snapshot& snapshot, const Object& object) const {
  bool found = false;
  dependents_.each(snapshot, object, [&](const Object& dependent, const Owner&) {
    found = dependent.cascade() == Cascade::foreground;
    return !found;
  });
  return found;
}

Task<ApiResult<void>> GarbageCollector::reconcile(std::string store_key) {
  std::string_view key_view;
  const auto* kind = machinery::parse_store_key(api_.parts().registry, store_key, key_view);
  if (kind == nullptr) co_return ApiResult<void>{};
  const std::string key(key_view);
  const auto object = api_.snapshot().find_shared(*kind, key);
  if (object == nullptr) co_return ApiResult<void>{};
  const auto next = plan(api_.snapshot(), *object);
  if (next.step == Step::none) co_return ApiResult<void>{};

  ApiResult<void> done;
  if (next.step == Step::remove) {
    done = co_await api_.remove(*kind, key,
                                {.grace_seconds = std::nullopt,
                                 .propagation = std::string(next.propagation),
                                 .precondition_uid = std::string(object->uid()),
                                 .precondition_revision = std::to_string(object->revision())});
  } else {
    const auto changed = co_await api_.amend(
        *kind, key, [&next, uid = object->uid()](const Json& current) -> ApiResult<Json> {
          if (codec::string_at(current, "metadata.uid") != uid) return current;
          if (next.step == Step::forget) return without_owners(current, next.forgotten);
          if (next.step == Step::unblock) return without_blocking(current);
          auto wanted = current;
          machinery::remove_finalizer(wanted, next.finalizer);
          return wanted;
        });
    if (!changed) done = machinery::refuse(changed.error());
  }
  if (done || done.error().code == 404) co_return ApiResult<void>{};
  if (done.error().code == 409) {
    // Somebody changed it meanwhile: what is right may have changed too.
    queue_.add(std::move(store_key));
    co_return ApiResult<void>{};
  }
  if (done.error().code == 403) {
    log::info("not collected", {{"object", store_key}, {"error", done.error().message}});
    co_return ApiResult<void>{};
  }
  co_return machinery::refuse(done.error());
}

}  // namespace signet::control
