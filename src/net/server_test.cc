#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "base/cat.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ServerTest : public testing::ServerFixture {};

testing::Identity client_identity(std::string usage = "clientAuth",
                                  std::chrono::seconds until = std::chrono::hours(1)) {
  return testing::test_pki().issue({.common_name = "alice",
                                    .organizations = {"a", "b"},
                                    .extended_key_usage = std::move(usage),
                                    .valid_until = until});
}

Task<Response> describe_peer(Request request) {
  std::string text = "nobody";
  if (request.peer) {
    text = request.peer->common_name;
    for (const auto& organization : request.peer->organizations) append(text, ",", organization);
    append(text, " ", request.peer->sha256.size());
  }
  co_return Response{.status = 200, .body = std::move(text)};
}

TEST_F(ServerTest, tells_whose_certificate_it_was) {
  listen(describe_peer);
  const auto identity = client_identity();
  for (const std::string_view protocol : {"h2", "http/1.1"}) {
    testing::RawClient client(port(), protocol, &identity);
    ASSERT_TRUE(client.connected());
  }
  auto options = testing::client_options();
  options.certificate_pem = identity.certificate_pem;
  options.key_pem = identity.key_pem;
  HttpClient client(options);
  const auto reply = client.send(get("/"));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->body, "alice,a,b 64");
}

TEST_F(ServerTest, serves_who_shows_no_certificate) {
  listen(describe_peer);
  HttpClient client(testing::client_options());
  EXPECT_EQ(client.send(get("/"))->body, "nobody");
}

constexpr std::string_view plain_get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, remembers_the_certificate_of_a_resumed_session) {
  listen(describe_peer);
  const auto identity = client_identity();
  testing::RawClient first(port(), "http/1.1", &identity);
  ASSERT_TRUE(first.send(plain_get));
  EXPECT_THAT(first.read_until(), HasSubstr("alice"));
  SSL_SESSION* session = SSL_get1_session(first.ssl());
  testing::RawClient second(port(), "http/1.1", nullptr, session);
  SSL_SESSION_free(session);
  EXPECT_TRUE(second.resumed());
  ASSERT_TRUE(second.send(plain_get));
  EXPECT_THAT(second.read_until(), HasSubstr("alice,a,b"));
}

TEST_F(ServerTest, tells_every_uid_in_the_subject) {
  listen([](Request request) -> Task<Response> {
    std::string text = "uids";
    for (const auto& uid : request.peer->uids) append(text, " ", uid);
    co_return Response{.body = text};
  });
  const auto identity = testing::test_pki().issue(
      {.common_name = "alice", .extended_key_usage = "clientAuth", .uids = {"u1", "u2"}});
  testing::RawClient client(port(), "http/1.1", &identity);
  ASSERT_TRUE(client.send(plain_get));
  EXPECT_THAT(client.read_until(), HasSubstr("uids u1 u2"));
}

TEST_F(ServerTest, ends_a_connection_when_its_certificate_expires) {
  listen(describe_peer);
  const auto identity = client_identity("clientAuth", std::chrono::seconds(2));
  testing::RawClient client(port(), "http/1.1", &identity);
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(client.read_until("a,b 64"), HasSubstr("alice"));
  EXPECT_EQ(client.read_until(), "") << "nothing more until the end";
}

struct RefusedCertificate {
  const char* name;
  testing::Identity identity;
};

TEST_F(ServerTest, refuses_certificates_of_others_for_other_purposes_or_expired) {
  std::atomic<int> handled = 0;
  listen([&handled](Request request) {
    ++handled;
    return testing::echo(std::move(request));
  });
  const testing::Pki other("test CA");
  const RefusedCertificate cases[] = {
      {"another CA", other.issue({.common_name = "alice", .extended_key_usage = "clientAuth"})},
      {"for servers", client_identity("serverAuth")},
      {"expired", client_identity("clientAuth", std::chrono::seconds(-1))},
  };
  for (const auto& refused : cases) {
    auto options = testing::client_options();
    options.certificate_pem = refused.identity.certificate_pem;
    options.key_pem = refused.identity.key_pem;
    const auto reply = HttpClient(options).send(get("/"));
    ASSERT_FALSE(reply.has_value()) << refused.name;
    EXPECT_EQ(reply.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(reply.error().message, HasSubstr("refused our certificate")) << refused.name;
  }
  EXPECT_EQ(handled, 0);
}

TEST_F(ServerTest, says_so_when_spoken_to_without_tls) {
  listen(testing::echo);
  const int fd = testing::connect_tcp(port());
  ASSERT_EQ(::send(fd, plain_get.data(), plain_get.size(), 0), std::ssize(plain_get));
  std::array<char, 512> buffer{};
  const auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
  ::close(fd);
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(buffer.data(), static_cast<std::size_t>(size)),
              HasSubstr("Client sent an HTTP request to an HTTPS server."));
}

TEST_F(ServerTest, drops_who_never_finishes_the_handshake) {
  listen(testing::echo, {.handshake_timeout = milliseconds(30)});
  for (const std::string_view bytes : {"", "\x16\x03\x01"}) {
    const int fd = testing::connect_tcp(port());
    ::send(fd, bytes.data(), bytes.size(), 0);
    char byte = 0;
    EXPECT_EQ(::recv(fd, &byte, 1, 0), 0);
    ::close(fd);
  }
}

TEST_F(ServerTest, offers_no_old_tls_and_no_unknown_protocol) {
  listen(testing::echo);
  EXPECT_FALSE(testing::RawClient(port(), "spdy/1").connected());
  EXPECT_TRUE(testing::RawClient(port(), "").connected());
}

TEST_F(ServerTest, refuses_a_port_that_is_taken_by_itself_too) {
  listen(testing::echo);
  testing::LoopThread another;
  const auto second = Server::listen({.port = port()}, testing::server_tls(),
                                     {{&another.loop(), testing::echo}}, nullptr);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().message,
            cat("cannot listen on 127.0.0.1:", port(), ": address already in use"));
}

TEST_F(ServerTest, refuses_what_it_cannot_use) {
  const auto message = [this](ServerOptions options, const ServerTls& tls) {
    const auto made =
        Server::listen(std::move(options), tls, {{&thread_.loop(), testing::echo}}, nullptr);
    return made ? std::string("accepted") : made.error().message;
  };
  auto tls = testing::server_tls();
  tls.private_key = client_identity().key_pem;
  EXPECT_THAT(message({}, tls), HasSubstr("does not belong to the certificate"));
  tls.private_key = "nonsense";
  EXPECT_THAT(message({}, tls), HasSubstr("server key"));
  tls = testing::server_tls();
  tls.client_ca = "nonsense";
  EXPECT_THAT(message({}, tls), HasSubstr("client CA"));
  EXPECT_THAT(message({.host = "host.invalid"}, testing::server_tls()), HasSubstr("host.invalid"));
}

TEST(Server, spreads_connections_over_its_loops) {
  testing::LoopThread one;
  testing::LoopThread two;
  std::atomic<int> by_one = 0;
  std::atomic<int> by_two = 0;
  const auto counting = [](std::atomic<int>& count) {
    return [&count](Request request) {
      ++count;
      return testing::echo(std::move(request));
    };
  };
  const auto server =
      Server::listen({}, testing::server_tls(),
                     {{&one.loop(), counting(by_one)}, {&two.loop(), counting(by_two)}}, nullptr);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  // The kernel hashes; sixty times to the same side would be a chance of 2^-59.
  for (int i = 0; i < 60; ++i) {
    HttpClient client(testing::client_options());
    ASSERT_TRUE(client.send({.url = cat("https://127.0.0.1:", (*server)->port(), "/")}));
  }
  EXPECT_GT(by_one, 0);
  EXPECT_GT(by_two, 0);
  EXPECT_EQ(by_one + by_two, 60);
}

TEST_F(ServerTest, shows_a_replaced_certificate_to_new_connections) {
  listen(testing::echo);
  const testing::Pki next("next CA");
  const auto identity = next.issue({.common_name = "server", .extended_key_usage = "serverAuth"});
  HttpClient old_client(testing::client_options());
  ASSERT_TRUE(old_client.send(get("/")));
  ASSERT_TRUE(server_->replace_tls({identity.certificate_pem, identity.key_pem, next.ca_pem()}));
  auto options = testing::client_options();
  options.ca_pem = next.ca_pem();
  EXPECT_TRUE(HttpClient(options).send(get("/")));
  EXPECT_FALSE(HttpClient(testing::client_options()).send(get("/")));
  EXPECT_TRUE(old_client.send(get("/")));
  EXPECT_FALSE(server_->replace_tls({"nonsense", identity.key_pem, ""}));
}

TEST_F(ServerTest, closes_connections_beyond_its_limit) {
  listen(testing::echo, {.connections_max = 1});
  testing::RawClient first(port());
  ASSERT_TRUE(first.connected());
  EXPECT_FALSE(testing::RawClient(port()).connected());
}

TEST_F(ServerTest, closes_connections_beyond_the_limit_of_their_address) {
  listen(testing::echo, {.connections_per_address_max = 2});
  testing::RawClient first(port());
  {
    testing::RawClient second(port());
    ASSERT_TRUE(second.connected());
    EXPECT_FALSE(testing::RawClient(port()).connected());
  }
  EXPECT_TRUE(first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  // The place of the second is free as soon as the server has noticed.
  while (!testing::RawClient(port()).connected()) {
  }
}

TEST_F(ServerTest, finishes_what_runs_before_it_has_drained) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient idle(port());
  testing::RawClient busy(port());
  ASSERT_TRUE(busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  gate.wait_for_arrival();
  std::jthread drain([this] { server_->drain(std::chrono::seconds(20)); });
  EXPECT_EQ(idle.read_until(), "");
  EXPECT_TRUE(idle.closed_properly());
  thread_.run([&] { gate.open(); });
  const auto answer = busy.read_until();
  EXPECT_THAT(answer, HasSubstr("late"));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
  EXPECT_TRUE(busy.closed_properly());
  drain.join();
  EXPECT_LT(testing::connect_tcp(port()), 0);
}

TEST_F(ServerTest, ends_streams_properly_when_it_drains) {
  testing::Watch watch;
  listen(watch.handler());
  HttpClient client(testing::client_options());
  std::string seen;
  std::jthread drain;
  const auto reply = client.stream(get("/"), [&](std::string_view bytes) {
    seen += bytes;
    drain = std::jthread([this] { server_->drain(std::chrono::seconds(20)); });
    return true;
  });
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(seen, "first\n");
  watch.wait_for_end();
}

TEST_F(ServerTest, gives_up_draining_at_the_limit) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient busy(port());
  ASSERT_TRUE(busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  gate.wait_for_arrival();
  server_->drain(milliseconds(20));
  EXPECT_EQ(busy.read_until(), "");
  thread_.run([&] { gate.open(); });
}

TEST_F(ServerTest, may_go_while_a_handler_waits) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  gate.wait_for_arrival();
  server_.reset();
  EXPECT_EQ(client.read_until(), "");
  thread_.run([&] { gate.open(); });
}

TEST_F(ServerTest, may_go_after_its_loop_has_stopped) {
  Loop loop;
  auto server = Server::listen({}, testing::server_tls(), {{&loop, testing::echo}}, nullptr);
  ASSERT_TRUE(server.has_value());
  loop.post([&loop] { loop.stop(); });
  loop.run();
  server->reset();
}

}  // namespace
}  // namespace signet::net
