// Runs a reconcile function for keys, a few at a time, and again later for those that failed.
//
//   WorkQueue queue(loop, "namespaces", [this](std::string key) { return reconcile(key); });
//   queue.add("default");
//
// Shape    a key added while it waits is run once; added while it runs, once more afterwards.
//          Each run waits for commits, and those of several runs share one: who has much to write
//          lets more than one key run at once.
//          Failures back off from 5 ms, doubling to 30 s, until they succeed.
// Threads  its loop's.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/task.h"
#include "machinery/api_error.h"
#include "net/loop.h"

namespace signet::control {

class WorkQueue {
 public:
  using Reconcile = std::function<Task<machinery::ApiResult<void>>(std::string key)>;

  WorkQueue(net::Loop& loop, std::string_view name, Reconcile reconcile, std::size_t at_once = 1)
      : loop_(loop), name_(name), reconcile_(std::move(reconcile)), at_once_(at_once) {}
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(std::string key);
  // Nothing new is started.
  void stop();

 private:
  void run_next();
  void finished(const std::string& key, const machinery::ApiResult<void>& done);

  net::Loop& loop_;
  std::string_view name_;
  Reconcile reconcile_;
  std::size_t at_once_;
  std::set<std::string> running_;
  bool stopped_ = false;
  std::set<std::string> waiting_;
  std::map<std::string, int> failures_;
  std::map<std::string, net::Loop::TimerHandle> retries_;
};

}  // namespace signet::control
