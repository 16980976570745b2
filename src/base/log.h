// One line on stderr per event: a JSON object with time, level, message and named fields.
//
//   log::info("volume set up", {{"pod", name}, {"volume", volume}});
//
// Threads  safe from any thread; a line is one write.
// Rule     no token, key or secret is ever a field.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace signet::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Lines below `level` are dropped. The start value is warn.
void set_level(Level level);
// Whether a line of that level would be written, for whoever must work to make one.
bool is_on(Level level);

void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::error, message, fields);
}

}  // namespace signet::log
