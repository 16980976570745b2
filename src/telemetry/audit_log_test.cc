#include "telemetry/audit_log.h"
#include "base/temp_directory_for_tests.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <future>
#include <thread>

namespace signet::telemetry {
namespace {

using fixture::slurp;
using testing::HasSubstr;

// Runs what is posted where it is posted: a loop that is never busy.
class AtOnce final : public Executor {
 public:
  void post(std::move_only_function<void()> work) override { work(); }
};

class AuditLogging : public testing::Test {
 protected:
  fixture::TempDirectory directory;
  SystemClock clock;
  Registry metrics;
  AtOnce loop;
  const std::string path = directory / "audit.log";

  std::unique_ptr<AuditLog> open(AuditLogOptions options) {
    auto log = AuditLog::open(std::move(options), clock, metrics);
    EXPECT_TRUE(log) << log.error().message;
    return log ? *std::move(log) : nullptr;
  }
  double errors() {
    return metrics.counter("apiserver_audit_error_total", "", {{"plugin", "log"}}).value();
  }
  bool write_and_wait(AuditLog& log, std::string line) {
    std::promise<bool> written;
    log.write(std::move(line), loop, [&](bool good) { written.set_value(good); });
    return written.get_future().get();
  }
};

TEST_F(AuditLogging, a_writer_hears_when_its_line_is_in_the_file) {
  const auto log = open({.file = {.path = path}});
  EXPECT_TRUE(write_and_wait(*log, "one\n"));
  EXPECT_EQ(slurp(path), "one\n");
  log->write("two\n");
  log->flush();
  EXPECT_EQ(slurp(path), "one\ntwo\n");
}

TEST_F(AuditLogging, what_is_queued_is_written_before_the_end) {
  auto log = open({.file = {.path = path}});
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const auto line = std::to_string(i) + "\n";
    expected += line;
    log->write(line);
  }
  log.reset();
  EXPECT_EQ(slurp(path), expected);
  EXPECT_EQ(errors(), 0);
}

TEST_F(AuditLogging, lines_of_many_threads_stay_whole) {
  auto log = open({.file = {.path = path}});
  std::vector<std::thread> threads;
  constexpr int writers = 4;
  constexpr int each = 250;
  for (int t = 0; t < writers; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < each; ++i) log->write("0123456789\n");
    });
  }
  for (auto& thread : threads) thread.join();
  log.reset();
  std::string expected;
  for (int i = 0; i < writers * each; ++i) expected += "0123456789\n";
  EXPECT_EQ(slurp(path), expected);
}

TEST_F(AuditLogging, a_full_queue_drops_and_counts) {
  // A pipe that nobody reads holds the thread up: what follows stays in the queue.
  const auto pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  auto log = open({.file = {.path = pipe}, .queue_events_max = 2});
  log->write(std::string(std::size_t{1} << 20, 'x') + "\n");
  // The thread has taken it once a byte can be read.
  char byte = 0;
  while (::read(reader, &byte, 1) != 1) std::this_thread::yield();
  log->write("a\n");
  log->write("b\n");
  bool told = false;
  bool written = true;
  log->write("c\n", loop, [&](bool good) {
    told = true;
    written = good;
  });
  EXPECT_TRUE(told);
  EXPECT_FALSE(written);
  EXPECT_EQ(errors(), 1);
  std::thread drain([&] {
    std::array<char, 65536> buffer{};
    for (;;) {
      const auto got = ::read(reader, buffer.data(), buffer.size());
      if (got == 0) return;
      if (got < 0) std::this_thread::yield();
    }
  });
  log.reset();
  drain.join();
  ::close(reader);
}

TEST_F(AuditLogging, bytes_have_a_limit_too) {
  const auto log = open({.file = {.path = path}, .queue_bytes_max = 4});
  EXPECT_TRUE(write_and_wait(*log, "123\n"));
  EXPECT_FALSE(write_and_wait(*log, "1234\n"));
  EXPECT_EQ(errors(), 1);
}

TEST_F(AuditLogging, a_full_disk_is_counted_and_stops_nobody) {
  const auto log = open({.file = {.path = "/dev/full"}});
  EXPECT_FALSE(write_and_wait(*log, "one\n"));
  log->write("two\n");
  log->flush();
  EXPECT_EQ(errors(), 2);
}

TEST_F(AuditLogging, a_log_that_cannot_be_opened_is_refused) {
  const auto log = AuditLog::open({.file = {.path = directory / "."}}, clock, metrics);
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message, HasSubstr("audit log: open "));
}

}  // namespace
}  // namespace signet::telemetry
