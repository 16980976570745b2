// Removes what nobody owns any more, and carries out the deletions that wait for dependents.
//
// Shape    an object goes when all its owners are gone, or wait for it to go. While one lives, the
//          references to the others are taken away. An owner that was deleted with Foreground
//          stays until the dependents that block it are gone; one deleted with Orphan until its
//          dependents have forgotten it. A reference to a kind this server does not know says
//          nothing, so its object is left alone; so is an object of the whole cluster that names an
//          owner in some namespace.
//          What to do is decided from the snapshot alone: a restart goes on where it stopped.
// Threads  its loop's.
// Source   api.md B.6; Kubernetes garbage collection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/dependents.h"
#include "control/work_queue.h"
#include "machinery/api.h"

namespace signet::control {

class GarbageCollector {
 public:
  explicit GarbageCollector(machinery::Api& api);

  // Looks once at everything there is. After the changes are followed.
  void start();
  void tell(const machinery::Change& change);
  void stop() { queue_.stop(); }

 private:
  enum class Step : std::uint8_t {
    none,
    forget,   // take the references in `forgotten` away
    unblock,  // let no owner wait for this object any more
    remove,   // delete it, with `propagation`
    release,  // take its own finalizer `finalizer`
  };
  struct Plan {
    Step step = Step::none;
    std::vector<machinery::Owner> forgotten;
    std::string_view propagation;
    std::string_view finalizer;
  };
  struct Owners {  // of one object, by how they are
    bool known = true;
    bool any_lives = false;
    std::vector<machinery::Owner> gone;
    std::vector<machinery::Owner> waiting;
    std::vector<machinery::Owner> orphaning;
  };

  Owners owners_of(const machinery::Snapshot& snapshot, const machinery::Object& object) const;
  Plan plan(const machinery::Snapshot& snapshot, const machinery::Object& object) const;
  Plan plan_deleted(const machinery::Snapshot& snapshot, const machinery::Object& object) const;
  bool is_in_circle(const machinery::Snapshot& snapshot, const machinery::Object& object) const;
  void look_at(const machinery::Object& object);
  void look_at_dependents(std::string_view uid);
  void look_at_waiting_owners(const machinery::Object& dependent);
  Task<machinery::ApiResult<void>> reconcile(std::string store_key);

  machinery::Api& api_;
  Dependents dependents_;
  WorkQueue queue_;
};

}  // namespace signet::control
