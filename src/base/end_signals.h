// How a program in the foreground is told to end: SIGTERM or SIGINT.
//
//   block_end_signals();        // before any other thread is made
//   ... start ...
//   wait_for_end_signal();
//
// Shape    blocked in every thread, so that only the wait sees them. Writing to a peer that is gone
//          is an error of the write from then on, and ends nobody (SIGPIPE).
#pragma once

#include <chrono>

namespace signet {

void block_end_signals();
void wait_for_end_signal();
// The same for at most that long; true once told to end.
bool end_signal_within(std::chrono::milliseconds limit);
// Whether a wait would end at once. From any thread.
bool end_signal_is_pending();

}  // namespace signet
