// An open file descriptor, and the one way to write everything to it.
//
//   const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
//   if (!file || !write_all(file.get(), bytes)) return failure(path, errno);
//
// Errors   as of the system call: Fd holds what it returned, write_all leaves its errno.
// Threads  one at a time.
#pragma once

#include <string_view>
#include <utility>

namespace signet {

// Closes on destruction; a negative number is no descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();
  // The caller closes it from here on.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// However often the kernel takes only a part or a signal comes between.
bool write_all(int fd, std::string_view bytes);

}  // namespace signet
