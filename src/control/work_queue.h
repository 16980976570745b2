// Runs a reconcile function for keys, one at a time, and again later for those that failed.
//
//   WorkQueue queue(loop, "namespaces", [this](std::string key) { return reconcile(std::move(key));
//   }); queue.add("default");
//
// Shape    a key added while it waits is run once; added while it runs, once more afterwards.
//          Failures back off from 5 ms, doubling to 30 s, until they succeed.
// Threads  its loop's.
#pragma once

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

  WorkQueue(net::Loop& loop, std::string_view name, Reconcile reconcile)
      : loop_(loop), name_(name), reconcile_(std::move(reconcile)) {}
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
  bool running_ = false;
  bool stopped_ = false;
  std::set<std::string> waiting_;
  std::map<std::string, int> failures_;
  std::map<std::string, net::Loop::TimerHandle> retries_;
};

}  // namespace signet::control
