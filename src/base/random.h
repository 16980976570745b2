// Randomness as a collaborator, so that tests can seed it.
//
// Threads  SystemRandom is safe from any thread; SeededRandom is not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace signet {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
};

// The kernel's generator. Aborts if the kernel refuses, because nothing sensible can follow.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

// Takes from `source` in larger pieces, so that many small numbers cost few system calls. Bytes are
// wiped as they are handed out. One thread at a time.
class BufferedRandom final : public Random {
 public:
  explicit BufferedRandom(Random& source) : source_(source) {}
  ~BufferedRandom() override;
  BufferedRandom(const BufferedRandom&) = delete;
  BufferedRandom& operator=(const BufferedRandom&) = delete;

  void fill(std::span<std::byte> bytes) override;

 private:
  Random& source_;
  std::array<std::byte, 1024> buffer_{};
  std::size_t used_ = sizeof buffer_;
};

// Reproducible bytes for tests; never a secret.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::uint64_t state_;
};

// RFC 9562 s5.4, lower case: "0f3c6b1e-54c1-4c1b-9a36-0d1f6b9d7a11".
std::string uuid_v4(Random& random);

// A number in [0, bound), without bias. bound > 0.
std::uint64_t uniform(Random& random, std::uint64_t bound);

}  // namespace signet
