#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "net/fixture_for_tests.h"
#include "net/unix_socket.h"

namespace signet::net::testing {
namespace {

constexpr std::string_view request = "GET /a?b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

// What a server says to `text` until it closes.
std::string talk(int fd, std::string_view text) {
  EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(fd);
  return all;
}

int connect_unix(const std::string& path) {
  const auto address = unix_address(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0) return fd;
  ::close(fd);
  return -1;
}

class PlainServer : public ::testing::Test {
 protected:
  PlainServer() : path_(::testing::TempDir() + "signet-" + std::to_string(::getpid()) + ".sock") {}
  ~PlainServer() override {
    ::unlink(path_.c_str());
    ::unlink((path_ + ".lock").c_str());
  }

  Result<std::unique_ptr<Server>> listen(ServerOptions options) {
    return Server::listen_without_tls(std::move(options), {{&thread_.loop(), echo}}, nullptr);
  }
  Result<std::unique_ptr<Server>> listen_at_path() { return listen({.unix_path = path_}); }

  LoopThread thread_;
  std::string path_;
};

TEST_F(PlainServer, answers_over_loopback) {
  const auto server = listen({});
  ASSERT_TRUE(server);
  const auto answer = talk(connect_tcp((*server)->port()), request);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(PlainServer, answers_over_a_socket_file_that_only_its_owner_may_use) {
  {
    const auto server = listen_at_path();
    ASSERT_TRUE(server) << server.error().message;
    struct stat found{};
    ASSERT_EQ(::stat(path_.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_TRUE(talk(connect_unix(path_), request).starts_with("HTTP/1.1 200 OK\r\n"));
  }
  EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "the file stayed";
}

TEST_F(PlainServer, a_socket_that_answers_is_not_taken) {
  const auto first = listen_at_path();
  ASSERT_TRUE(first);
  const auto second = listen_at_path();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(talk(connect_unix(path_), request).starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(PlainServer, a_socket_that_a_dead_process_left_is_replaced) {
  const auto address = unix_address(path_);
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  ::close(left);
  ASSERT_TRUE(listen_at_path());
}

TEST_F(PlainServer, a_socket_that_a_program_without_our_lock_serves_is_not_taken) {
  const auto address = unix_address(path_);
  const int other = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(other, reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  ASSERT_EQ(::listen(other, 1), 0);
  const auto server = listen_at_path();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::conflict);
  EXPECT_EQ(::access(path_.c_str(), F_OK), 0);
  ::close(other);
}

// Whoever comes first is in the middle of it: bound, and not listening yet.
TEST_F(PlainServer, a_socket_that_another_is_about_to_serve_is_not_taken) {
  const auto first = SocketFile::claim(path_);
  ASSERT_TRUE(first);
  const auto server = listen_at_path();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message, "another process serves " + path_);
}

TEST_F(PlainServer, a_file_that_is_no_socket_stays) {
  std::ofstream(path_) << "precious";
  const auto server = listen_at_path();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::conflict);
  EXPECT_EQ(::access(path_.c_str(), F_OK), 0);
}

TEST_F(PlainServer, a_path_has_at_most_107_bytes) {
  EXPECT_TRUE(unix_address(std::string(107, 'a')));
  EXPECT_FALSE(unix_address(std::string(108, 'a')));
  EXPECT_FALSE(unix_address(""));
}

TEST_F(PlainServer, a_head_that_is_too_large_is_refused_as_over_tls) {
  const auto server = listen({.head_bytes_max = 512});
  ASSERT_TRUE(server);
  const auto large = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(600, 'a') + "\r\n\r\n";
  EXPECT_TRUE(talk(connect_tcp((*server)->port()), large).starts_with("HTTP/1.1 431 "));
}

TEST_F(PlainServer, it_does_not_become_one_with_tls) {
  const auto server = listen({});
  ASSERT_TRUE(server);
  EXPECT_FALSE((*server)->replace_tls(server_tls()));
}

}  // namespace
}  // namespace signet::net::testing
