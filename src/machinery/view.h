// Everything the server knows, in memory: immutable snapshots that follow the store, and the
// changes between them for watches and controllers.
//
//   View::Reader reader(view);                 // one a thread
//   const Object* pod = reader.current().find(kinds::pod, "default/web");
//
// Shape    a snapshot is one ordered map a kind, and one index for a kind that has keys for it,
//          sharing structure with its predecessors. A change is published before the write that
//          made it is answered.
// Limits   the last `history_max` changes of each kind and snapshots of the whole are kept for
//          watches and exact lists that look back; what is older is "expired".
// Threads  committed() on the store's thread; everything else from any thread. A Reader belongs
//          to one thread and takes a lock only after something changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "machinery/object.h"
#include "machinery/persistent_map.h"
#include "machinery/registry.h"
#include "store/store.h"

namespace signet::machinery {

struct KeyOfObject {
  std::string_view operator()(const ObjectPtr& object) const { return object->key(); }
};

// One entry of an index; it keeps alive the keys that it is one of.
using IndexEntry = std::shared_ptr<const std::string>;
struct KeyOfIndexEntry {
  std::string_view operator()(const IndexEntry& entry) const { return *entry; }
};

class Snapshot {
 public:
  using Objects = PersistentMap<ObjectPtr, KeyOfObject>;

  explicit Snapshot(const Registry& registry)
      : registry_(&registry),
        by_kind_(registry.kinds().size()),
        indexes_(registry.kinds().size()) {}

  Revision revision() const { return revision_; }
  const Objects& objects(const Kind& kind) const {
    return by_kind_[registry_->index(kind.stored_as())];
  }
  // `key` is "namespace/name", or "name" for cluster-scoped kinds. Null when there is none.
  const Object* find(const Kind& kind, std::string_view key) const;
  ObjectPtr find_shared(const Kind& kind, std::string_view key) const;

  // Every object whose key has `prefix`, from the key `start` on, in key order, until `use`
  // returns false.
  template <typename Use>
  void for_each(const Kind& kind, std::string_view prefix, std::string_view start,
                Use&& use) const {
    const auto& all = objects(kind);
    for (auto at = all.lower_bound(start); at != all.end(); ++at) {
      if (!at.key().starts_with(prefix) || !use(at.value())) return;
    }
  }

  // Every object of `kind` that kind.index gave `key`, in the order of their own keys, until `use`
  // returns false.
  template <typename Use>
  void for_each_indexed(const Kind& kind, std::string_view key, Use&& use) const {
    const auto& index = indexes_[registry_->index(kind.stored_as())];
    const std::string from = start_of(key);
    for (auto at = index.lower_bound(from); at != index.end(); ++at) {
      if (!at.key().starts_with(from)) return;
      const auto* object = find(kind, at.key().substr(from.size()));
      if (object != nullptr && !use(*object)) return;
    }
  }
  bool has_indexed(const Kind& kind, std::string_view key) const;

 private:
  friend class View;

  using Index = PersistentMap<IndexEntry, KeyOfIndexEntry>;

  static std::string start_of(std::string_view index_key);

  const Registry* registry_;
  Revision revision_ = 0;
  std::vector<Objects> by_kind_;
  std::vector<Index> indexes_;  // of every kind that has one
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

enum class ChangeType : std::uint8_t { added, modified, deleted };

struct Change {
  ChangeType type = ChangeType::added;
  ObjectPtr object;    // after the change; of a delete: as it last was, with the delete's revision
  ObjectPtr previous;  // before it; null for added
  Revision revision() const { return object->revision(); }
};
using Changes = std::shared_ptr<const std::vector<Change>>;

class View final : public store::Observer {
 public:
  static constexpr std::size_t history_max = 1024;

  explicit View(const Registry& registry);

  // Reads everything that is in the store. Before anything else.
  Result<void> load(store::Store& store);
  // Forgets the changes so far: what is made while starting is nobody's news.
  void start_history();

  void committed(std::vector<store::Event> events) override;

  SnapshotPtr current() const;
  // The state as of `revision`; null when it is too old to be kept. Newer than current: current.
  SnapshotPtr at(Revision revision) const;

  // Changes of `kind` after `revision` up to now, in order; nullopt when they are no longer kept.
  std::optional<std::vector<Change>> since(const Kind& kind, Revision revision) const;
  // The oldest revision that since() can answer for.
  Revision history_start(const Kind& kind) const;

  // `deliver` is called on `executor` with every change committed after this call returns, in
  // order. Ends with the returned handle, which must go on the executor's thread.
  using Subscription = std::shared_ptr<void>;
  Subscription subscribe(Executor& executor, std::function<void(const Changes&)> deliver);

  class Reader {
   public:
    explicit Reader(const View& view) : view_(&view) {}
    const Snapshot& current() { return *shared(); }
    const SnapshotPtr& shared();

   private:
    const View* view_;
    SnapshotPtr snapshot_;
  };

 private:
  struct Subscriber {
    Executor* executor;
    std::function<void(const Changes&)> deliver;
    std::atomic<bool> ended = false;
  };
  struct KindHistory {
    Revision start = 0;
    std::deque<Change> changes;
  };

  std::optional<Change> apply(Snapshot& next, store::Event& event) const;
  const Registry& registry_;
  std::atomic<Revision> revision_{0};

  mutable std::mutex mutex_;  // guards everything below
  SnapshotPtr current_;
  std::deque<SnapshotPtr> past_;
  std::vector<KindHistory> history_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
};

// Where an object stands in the store: "core/pods/default/web".
std::string store_key(const Kind& kind, std::string_view key);
// Its kind, and `key` without it; null for a kind that is not registered.
const Kind* parse_store_key(const Registry& registry, std::string_view store_key,
                            std::string_view& key);

}  // namespace signet::machinery
