#include "base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace signet {

void SystemRandom::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

BufferedRandom::~BufferedRandom() {
  ::explicit_bzero(buffer_.data(), buffer_.size());
}

void BufferedRandom::fill(std::span<std::byte> bytes) {
  if (bytes.size() > buffer_.size()) return source_.fill(bytes);
  if (buffer_.size() - used_ < bytes.size()) {
    source_.fill(buffer_);
    used_ = 0;
  }
  std::memcpy(bytes.data(), buffer_.data() + used_, bytes.size());
  ::explicit_bzero(buffer_.data() + used_, bytes.size());
  used_ += bytes.size();
}

void SeededRandom::fill(std::span<std::byte> bytes) {
  for (auto& byte : bytes) {  // splitmix64
    state_ += 0x9e3779b97f4a7c15ULL;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    byte = static_cast<std::byte>(z >> 56U);
  }
}

std::string uuid_v4(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[std::to_integer<std::size_t>(bytes[i] >> 4U)];
    text += digits[std::to_integer<std::size_t>(bytes[i] & std::byte{0x0f})];
  }
  return text;
}

std::uint64_t uniform(Random& random, std::uint64_t bound) {
  // Values at or above the largest multiple of `bound` would favour small results.
  const auto limit = std::numeric_limits<std::uint64_t>::max() / bound * bound;
  std::uint64_t value = 0;
  do {
    std::array<std::byte, sizeof value> bytes{};
    random.fill(bytes);
    std::memcpy(&value, bytes.data(), sizeof value);
  } while (value >= limit);
  return value % bound;
}

}  // namespace signet
