// A revisioned key-value store: compare-and-set writes, ranges, and every commit told in order.
//
//   store.commit({.key = "pods/default/a", .value = json, .expected = 0},
//                [](Result<Revision, CommitError> done) { ... });
//
// Shape    one counter for the whole store; each write takes the next revision. Keys and values
//          are bytes; the store gives them no meaning.
// Errors   a commit that was acknowledged survives a crash (sqlite: fsync before the callback).
// Threads  commit() from any thread. Callbacks and the observer run on the store's own thread, in
//          revision order: first the observer hears of a write, then the writer's callback.
// Source   the subset of etcd v3 that Kubernetes uses (mod_revision, txn on one key, range).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::store {

using Revision = std::int64_t;  // 1 is the first; 0 stands for "no such key"

struct Entry {
  std::string key;
  std::string value;
  Revision revision = 0;  // of the last write to the key
};

struct Write {
  std::string key;
  std::optional<std::string> value;  // nullopt deletes
  // The revision the key must have now; 0: it must not exist; nullopt: whatever.
  std::optional<Revision> expected;
  // Carried to the observer untouched and not stored: what the writer already knows about the
  // value, so that nobody parses it again.
  std::shared_ptr<const void> attachment;
};

// What was committed.
struct Event {
  std::string key;
  std::optional<std::string> value;  // nullopt: deleted
  Revision revision = 0;
  std::shared_ptr<const void> attachment;
};

struct CommitError {
  enum class Kind : std::uint8_t {
    conflict,     // `expected` was not met; `actual` says what is there
    not_found,    // a delete without `expected` of a key that does not exist
    unavailable,  // the store could not write: nothing was changed
    stopped,      // the store is shutting down: nothing was changed
  };
  Kind kind = Kind::unavailable;
  Revision actual = 0;
  std::string message;
};

class Observer {
 public:
  virtual ~Observer() = default;
  // Commits in revision order, one or more at a time. Must not block for long.
  virtual void committed(std::vector<Event> events) = 0;
};

class Store {
 public:
  using Committed = std::move_only_function<void(Result<Revision, CommitError>)>;

  virtual ~Store() = default;

  // Every live entry whose key starts with `prefix`, in key order, and the revision this is true
  // at. For start-up; afterwards the observer keeps a view current.
  struct Range {
    Revision revision = 0;
    std::vector<Entry> entries;
  };
  virtual Result<Range> range(std::string_view prefix) = 0;

  // Hands over commits from now on; at most one observer, set before the first commit.
  virtual void observe(Observer& observer) = 0;

  virtual void commit(Write write, Committed done) = 0;

  // Finishes what was handed in, then stops; later commits get CommitError::stopped.
  virtual void stop() = 0;
};

}  // namespace signet::store
