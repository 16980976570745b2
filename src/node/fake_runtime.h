// Containers that run until a test ends them.
//
// Threads  every member from any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/cat.h"
#include "node/runtime.h"

namespace signet::node {

class FakeRuntime final : public PodRuntime {
 public:
  explicit FakeRuntime(const Clock& clock) : clock_(clock) {}

  std::string_view name() const override { return "fake"; }
  std::string version() const override { return "1"; }

  Result<std::string> create(const ContainerSpec& spec) override {
    const std::scoped_lock lock(mutex_);
    auto id = std::to_string(++count_);
    containers_[id] = {.spec = spec, .state = {}, .stop_grace = {}};
    created_.push_back(spec);
    return id;
  }
  Result<void> start(const std::string& id) override {
    const std::scoped_lock lock(mutex_);
    auto& state = containers_[id].state;
    state.phase = ContainerState::Phase::running;
    state.started_at = clock_.now();
    return {};
  }
  void stop(const std::string& id, std::chrono::seconds grace) override {
    const std::scoped_lock lock(mutex_);
    if (const auto found = containers_.find(id); found != containers_.end()) {
      found->second.stop_grace = grace;
    }
  }
  Result<ContainerState> state(const std::string& id) const override {
    const std::scoped_lock lock(mutex_);
    const auto found = containers_.find(id);
    if (found == containers_.end()) return fail(ErrorKind::not_found, "no such container");
    return found->second.state;
  }
  void remove(const std::string& id) override {
    const std::scoped_lock lock(mutex_);
    containers_.erase(id);
  }
  void on_change(std::function<void(const std::string&)> changed) override {
    const std::scoped_lock lock(mutex_);
    changed_ = std::move(changed);
  }

  // Ends the running container of that name.
  void exit(std::string_view name, int code) {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, container] : containers_) {
      if (container.spec.name != name) continue;
      if (container.state.phase != ContainerState::Phase::running) continue;
      container.state.phase = ContainerState::Phase::exited;
      container.state.exit_code = code;
      container.state.finished_at = clock_.now();
      if (changed_) changed_(container.spec.pod_uid);
    }
  }
  std::vector<ContainerSpec> created() const {
    const std::scoped_lock lock(mutex_);
    return created_;
  }
  std::optional<std::chrono::seconds> stop_grace(std::string_view name) const {
    const std::scoped_lock lock(mutex_);
    for (const auto& [id, container] : containers_) {
      if (container.spec.name == name) return container.stop_grace;
    }
    return std::nullopt;
  }

 private:
  struct Container {
    ContainerSpec spec;
    ContainerState state;
    std::optional<std::chrono::seconds> stop_grace;
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Container> containers_;
  std::vector<ContainerSpec> created_;
  std::function<void(const std::string&)> changed_;
  int count_ = 0;
};

}  // namespace signet::node
