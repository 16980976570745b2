// Which open watches a change may concern, found without asking each of them.
//
//   place_ = index.add(*this, kind, prefix, fields);   // until the place is destroyed
//   index.tell(change);
//
// Shape    a watch of one object is found by its key, one with a field that must have a value (the
//          pods of a node) by that value, any other by its namespace. So a change costs a few
//          look-ups however many watches are open, and whoever is told still checks for himself.
// Threads  its loop's.
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/registry.h"
#include "machinery/selector.h"
#include "machinery/view.h"

namespace signet::machinery {

class WatchStream;

class WatchIndex {
  using Bucket = std::list<WatchStream*>;
  using Buckets = std::map<std::string, Bucket, std::less<>>;

 public:
  explicit WatchIndex(const Registry& registry);

  // Where a watch stands; removes it when destroyed. The index outlives it.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place() { leave(); }

   private:
    friend class WatchIndex;
    Place(Buckets& buckets, Buckets::iterator bucket, Bucket::iterator position)
        : buckets_(&buckets), bucket_(bucket), position_(position) {}
    void leave();

    Buckets* buckets_ = nullptr;
    Buckets::iterator bucket_;
    Bucket::iterator position_;
  };

  // `prefix` of keys: "namespace/", or empty for all.
  Place add(WatchStream& stream, const Kind& kind, std::string_view prefix,
            const FieldSelector& fields);

  // Hands the change to every watch that it may concern.
  void tell(const Change& change);

 private:
  struct OfKind {
    Buckets by_key;
    Buckets by_namespace;           // "" is all of them
    std::vector<Buckets> by_field;  // as Kind::selectable
  };

  static void tell(const Buckets& buckets, std::string_view value, const Change& change);

  const Registry& registry_;
  std::vector<OfKind> kinds_;  // as Registry::kinds()
};

}  // namespace signet::machinery
