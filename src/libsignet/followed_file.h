// A small file that others replace, as the last good value read from it.
//
//   FollowedFile<Keys> file(path, bytes_max, reread_after, parse, clock);
//   TRY_VOID(file.load());
//   auto keys = file.current();           // never null after load()
//
// Errors   load() says why there is no value. Later failures keep the value there is.
// Threads  safe from any thread; one reads while the others are handed what there was.
// I/O      current() reads the file once `reread_after` is over, or the clock went back.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/try.h"

namespace signet {

template <typename T>
class FollowedFile {
 public:
  using Parse = std::function<Result<T>(std::string bytes)>;

  FollowedFile(std::string path, std::size_t bytes_max, std::chrono::seconds reread_after,
               Parse parse, const Clock& clock)
      : path_(std::move(path)),
        bytes_max_(bytes_max),
        reread_after_(reread_after),
        parse_(std::move(parse)),
        clock_(clock) {}

  Result<void> load() {
    const auto now = clock_.now();
    TRY(auto value, read());
    put(std::move(value), now);
    return {};
  }

  std::shared_ptr<const T> current() {
    const auto now = clock_.now();
    auto [value, due] = state_.with([&](State& state) {
      const bool is_due = now < state.read_at || now - state.read_at >= reread_after_;
      // Whoever comes next need not read as well.
      if (is_due) state.read_at = now;
      return std::pair(state.value, is_due);
    });
    if (!due) return value;
    auto fresh = read();
    return fresh ? put(*std::move(fresh), now) : value;
  }

 private:
  struct State {
    std::shared_ptr<const T> value;
    Instant read_at{};
  };

  Result<T> read() const {
    TRY(auto bytes, read_file(path_, bytes_max_));
    auto value = parse_(std::move(bytes));
    if (!value) return in_context(path_, value.error());
    return value;
  }

  // A slow reader must not put an older file over a newer one.
  std::shared_ptr<const T> put(T value, Instant began) {
    auto fresh = std::make_shared<const T>(std::move(value));
    return state_.with([&](State& state) {
      if (state.value && state.read_at > began) return state.value;
      state.value = std::move(fresh);
      state.read_at = began;
      return state.value;
    });
  }

  std::string path_;
  std::size_t bytes_max_;
  std::chrono::seconds reread_after_;
  Parse parse_;
  const Clock& clock_;
  Guarded<State> state_;
};

}  // namespace signet
