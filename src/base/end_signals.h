// How a program in the foreground is told to end: SIGTERM or SIGINT.
//
//   block_end_signals();        // before any other thread is made
//   ... start ...
//   wait_for_end_signal();
//
// Shape    blocked in every thread, so that only the wait sees them. Writing to a peer that is gone
//          is an error of the write from then on, and ends nobody (SIGPIPE).
#pragma once

namespace signet {

void block_end_signals();
void wait_for_end_signal();

}  // namespace signet
