#include "server/test_clock.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/files.h"

namespace signet::server {

TestClock::TestClock(std::string path) : path_(std::move(path)) {
  look();
  watcher_ = std::jthread([this](const std::stop_token& stop) {
    constexpr std::chrono::milliseconds interval{20};
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(interval);
      look();
    }
  });
}

void TestClock::look() {
  constexpr std::size_t bytes_max = 64;
  const auto text = read_file(path_, bytes_max);
  std::int64_t seconds = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), seconds);
  clock_.set_offset(std::chrono::seconds{seconds});
}

}  // namespace signet::server
