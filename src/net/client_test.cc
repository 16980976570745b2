#include "net/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "base/cat.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class HttpClientTest : public testing::ServerFixture {
 protected:
  std::string complaint(ClientOptions options, std::string_view to) {
    const auto reply = HttpClient(std::move(options)).send({.url = std::string(to)});
    return reply ? std::string("none") : reply.error().message;
  }
};

TEST_F(HttpClientTest, says_what_is_wrong_in_words) {
  listen(testing::echo);
  const auto good = testing::client_options();
  const int closed_port = [] {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return static_cast<int>(ntohs(address.sin_port));
  }();
  EXPECT_EQ(complaint(good, cat("https://127.0.0.1:", closed_port, "/x?secret")),
            cat("GET https://127.0.0.1:", closed_port, ": connection refused"));
  auto stranger = good;
  stranger.ca_pem = testing::Pki("another").ca_pem();
  EXPECT_THAT(complaint(stranger, url("/")), EndsWith("certificate not trusted by the given CA"));
  auto nonsense = good;
  nonsense.ca_pem = "nonsense";
  EXPECT_THAT(complaint(nonsense, url("/")), EndsWith("the CA is not a PEM certificate"));
  auto bad_key = good;
  bad_key.certificate_pem = "nonsense";
  bad_key.key_pem = "nonsense";
  EXPECT_THAT(complaint(bad_key, url("/")),
              EndsWith("the client certificate or its key is not usable"));
  EXPECT_THAT(complaint(good, "http://127.0.0.1/"), EndsWith("only https is spoken"));
  EXPECT_THAT(complaint(good, "file:///etc/hostname"), EndsWith("only https is spoken"));
  EXPECT_THAT(complaint(good, "https://host.invalid/"), EndsWith("no such host"));
}

TEST_F(HttpClientTest, checks_the_name_in_the_certificate) {
  listen(testing::echo);
  EXPECT_EQ(complaint(testing::client_options(), cat("https://localhost:", port(), "/")), "none");
  EXPECT_THAT(complaint(testing::client_options(), cat("https://127.0.0.2:", port(), "/")),
              HasSubstr("connection refused"));
}

TEST_F(HttpClientTest, bounds_the_answer) {
  listen(testing::echo);
  auto options = testing::client_options();
  options.body_bytes_max = 8;
  HttpClient client(options);
  EXPECT_EQ(client.send(get("/"))->body, "GET /? ");
  const auto larger = client.send(get("/ab"));
  ASSERT_FALSE(larger.has_value());
  EXPECT_EQ(larger.error().kind, ErrorKind::exhausted);
  EXPECT_EQ(client.send(get("/a"))->body.size(), 8U);
}

TEST_F(HttpClientTest, gives_up_after_its_timeout) {
  testing::Gate gate;
  listen(gate.handler());
  auto options = testing::client_options();
  options.timeout = milliseconds(60);
  EXPECT_THAT(complaint(options, url("/")), EndsWith("no answer in time"));
  gate.wait_for_arrival();
  thread_.run([&] { gate.open(); });
}

TEST_F(HttpClientTest, is_cancelled_from_another_thread) {
  testing::Gate gate;
  listen(gate.handler());
  std::stop_source stop;
  std::jthread canceller([&] {
    gate.wait_for_arrival();
    stop.request_stop();
  });
  HttpClient client(testing::client_options());
  const auto reply = client.send(get("/"), stop.get_token());
  ASSERT_FALSE(reply.has_value());
  EXPECT_THAT(reply.error().message, EndsWith("cancelled"));
  thread_.run([&] { gate.open(); });
}

TEST_F(HttpClientTest, returns_what_it_streamed_when_stopped) {
  testing::Watch watch;
  listen(watch.handler());
  std::stop_source stop;
  HttpClient client(testing::client_options());
  std::string seen;
  const auto reply = client.stream(
      get("/"),
      [&](std::string_view bytes) {
        seen += bytes;
        stop.request_stop();
        return true;
      },
      stop.get_token());
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(seen, "first\n");
  watch.wait_for_end();
}

TEST_F(HttpClientTest, ends_a_stream_when_the_caller_has_enough) {
  testing::Watch watch;
  listen(watch.handler());
  HttpClient client(testing::client_options());
  EXPECT_TRUE(client.stream(get("/"), [](std::string_view) { return false; }));
  watch.wait_for_end();
}

Task<Response> refuse(const Request&) {
  co_return Response{.status = 403, .body = "no"};
}

TEST_F(HttpClientTest, collects_the_body_of_a_refused_stream) {
  listen([](const Request& request) { return refuse(request); });
  HttpClient client(testing::client_options());
  const auto reply = client.stream(get("/"), [](std::string_view) {
    ADD_FAILURE() << "not a stream";
    return true;
  });
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 403);
  EXPECT_EQ(reply->body, "no");
}

Task<Response> redirect() {
  co_return Response{.status = 302, .headers = {{"location", "/elsewhere"}}};
}

TEST_F(HttpClientTest, follows_no_redirect) {
  listen([](const Request&) { return redirect(); });
  HttpClient client(testing::client_options());
  EXPECT_EQ(client.send(get("/"))->status, 302);
}

Task<Response> tell_address(std::string address) {
  co_return Response{.body = std::move(address)};
}

TEST_F(HttpClientTest, keeps_its_connection) {
  listen([](const Request& request) { return tell_address(request.remote_address); });
  HttpClient client(testing::client_options());
  std::set<std::string> addresses;
  for (int i = 0; i < 5; ++i) addresses.insert(client.send(get("/"))->body);
  EXPECT_EQ(addresses.size(), 1U);
}

TEST_F(HttpClientTest, sends_headers_as_given_and_refuses_bad_ones) {
  listen([](const Request& request) {
    return tell_address(cat(request.header("x-a"), "|", request.header("x-empty").size()));
  });
  HttpClient client(testing::client_options());
  auto request = get("/");
  request.headers = {{"X-A", "b"}, {"X-Empty", ""}};
  EXPECT_EQ(client.send(request)->body, "b|0");
  request.headers = {{"X-A", "b\r\nX-C: d"}};
  EXPECT_EQ(client.send(request).error().kind, ErrorKind::invalid);
}

}  // namespace
}  // namespace signet::net
