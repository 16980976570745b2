// What the tests of stores share: a commit that waits, an observer that remembers, a directory.
#pragma once

#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace signet::store {

using Outcome = Result<Revision, CommitError>;

inline Outcome commit_and_wait(Store& store, Write write) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto future = promise->get_future();
  store.commit(std::move(write), [promise](Outcome outcome) { promise->set_value(outcome); });
  return future.get();
}

inline Outcome put(Store& store, std::string key, std::string value,
                   std::optional<Revision> expected = std::nullopt) {
  return commit_and_wait(store, {.key = std::move(key),
                                 .value = std::move(value),
                                 .expected = expected,
                                 .attachment = nullptr});
}

inline Outcome erase(Store& store, std::string key,
                     std::optional<Revision> expected = std::nullopt) {
  return commit_and_wait(
      store,
      {.key = std::move(key), .value = std::nullopt, .expected = expected, .attachment = nullptr});
}

inline std::optional<CommitError::Kind> refusal_of(const Outcome& outcome) {
  if (outcome) return std::nullopt;
  return outcome.error().kind;
}

// key -> (value, revision)
using Contents = std::map<std::string, std::pair<std::string, Revision>>;

inline Contents contents(const std::vector<Entry>& entries) {
  Contents result;
  for (const Entry& entry : entries) result[entry.key] = {entry.value, entry.revision};
  return result;
}

class Recorder final : public Observer {
 public:
  void committed(std::vector<Event> events) override {
    const std::scoped_lock lock(mutex_);
    for (Event& event : events) events_.push_back(std::move(event));
  }
  std::vector<Event> events() const {
    const std::scoped_lock lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

// Opens once and for all; waiting threads go on.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "signet_store_XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::string database() const { return (path_ / "state.db").string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace signet::store
