#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

namespace signet {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  Fd read;
  Fd write;
};

TEST(Fd, closes_what_it_holds_once) {
  Pipe pipe;
  ASSERT_TRUE(pipe.read);
  const int number = pipe.read.get();
  Fd moved(std::move(pipe.read));
  EXPECT_TRUE(is_open(number));
  EXPECT_EQ(moved.get(), number);
  moved.reset();
  EXPECT_FALSE(moved);
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, assignment_closes_what_was_held_before) {
  Pipe first;
  Pipe second;
  ASSERT_TRUE(first.read && second.read);
  const int before = first.read.get();
  const int after = second.read.get();
  first.read = Fd(second.read.release());
  EXPECT_EQ(first.read.get(), after);
  EXPECT_FALSE(second.read);
  EXPECT_FALSE(is_open(before));
  EXPECT_TRUE(is_open(after));
}

TEST(Fd, write_all_goes_on_where_the_kernel_took_a_part) {
  Pipe pipe;
  ASSERT_TRUE(pipe.write);
  const std::string bytes(std::size_t{1} << 20, 'x');  // a pipe holds 64 KiB
  std::size_t seen = 0;
  std::thread reader([&] {
    std::array<char, 4096> part{};
    for (;;) {
      const auto got = ::read(pipe.read.get(), part.data(), part.size());
      if (got <= 0) return;
      seen += static_cast<std::size_t>(got);
    }
  });
  EXPECT_TRUE(write_all(pipe.write.get(), bytes));
  pipe.write.reset();
  reader.join();
  EXPECT_EQ(seen, bytes.size());
}

TEST(Fd, write_all_leaves_the_reason) {
  const Fd file(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  EXPECT_FALSE(write_all(file.get(), "x"));
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace signet
