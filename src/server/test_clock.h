// A clock that a test moves by writing to a file: real time plus the number of seconds in it.
//
// Shape    the file is looked at every 20 ms of real time; none, or no number, is no offset.
// Threads  its own, for looking.
#pragma once

#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"

namespace signet::server {

class TestClock {
 public:
  explicit TestClock(std::string path);

  Clock& clock() { return clock_; }

 private:
  void look();

  std::string path_;
  SystemClock system_;
  ManualClock clock_{system_};
  std::jthread watcher_;  // last: it uses the others
};

}  // namespace signet::server
