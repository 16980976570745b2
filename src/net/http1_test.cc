#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "net/body_budget.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Http1Test : public testing::ServerFixture {
 protected:
  // What the server says to those bytes, to the end of the connection.
  std::string answer(std::string_view bytes) {
    testing::RawClient client(port());
    EXPECT_TRUE(client.send(bytes));
    auto out = client.read_until();
    EXPECT_TRUE(client.closed_properly());
    return out;
  }
};

constexpr std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n";

TEST_F(Http1Test, answers_pipelined_requests_in_order) {
  listen(testing::echo);
  std::string bytes;
  for (int i = 0; i < 50; ++i) append(bytes, "GET /", i, " HTTP/1.1\r\nHost: a\r\n\r\n");
  append(bytes, head, "Connection: close\r\n\r\n");
  const auto out = answer(bytes);
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = out.find(cat("GET /", i, "? "), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(Http1Test, keeps_pipelined_requests_until_a_waiting_handler_has_answered) {
  testing::Gate gate;
  auto waiting = gate.handler();
  listen([&waiting](Request request) {
    if (request.path == "/wait") return waiting(std::move(request));
    return testing::echo(std::move(request));
  });
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", head, "\r\n")));
  gate.wait_for_arrival();
  ASSERT_TRUE(client.send(cat(head, "Connection: close\r\n\r\n")));
  thread_.run([&] { gate.open(); });
  const auto out = client.read_until();
  const auto late = out.find("late");
  const auto first = out.find("GET /?");
  ASSERT_NE(late, std::string::npos);
  ASSERT_NE(first, std::string::npos);
  EXPECT_LT(late, first);
  EXPECT_NE(out.find("GET /?", first + 1), std::string::npos);
}

TEST_F(Http1Test, sends_the_headers_of_the_standard) {
  listen(testing::echo);
  const auto out = answer(cat(head, "Connection: close\r\n\r\n"));
  EXPECT_THAT(out, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(out, HasSubstr("content-length: 7\r\n"));
  EXPECT_THAT(out, HasSubstr("date: "));
  EXPECT_THAT(out, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(out, EndsWith("\r\n\r\nGET /? "));
}

TEST_F(Http1Test, answers_head_without_the_body) {
  listen(testing::echo);
  const auto out = answer("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(out, HasSubstr("content-length: 8\r\n"));
  EXPECT_THAT(out, EndsWith("\r\n\r\n"));
}

TEST_F(Http1Test, asks_for_the_body_that_a_client_holds_back) {
  listen(testing::echo);
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.send("hi"));
  EXPECT_THAT(client.read_until("hi"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Http1Test, refuses_a_large_body_before_it_is_sent) {
  listen(testing::echo, {.body_bytes_max = 10});
  const auto out = answer(cat(head, "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_THAT(out, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(out, Not(HasSubstr("100 Continue")));
}

TEST_F(Http1Test, gets_its_refusal_through_to_a_client_that_is_still_sending) {
  listen(testing::echo, {.body_bytes_max = 10});
  EXPECT_THAT(answer(cat(head, "Content-Length: 200000\r\n\r\n", std::string(200000, 'x'))),
              StartsWith("HTTP/1.1 413 "));
}

// A handler that keeps what it is told about its client, and answers when the gate opens.
Handler keeping(testing::Gate& gate, std::shared_ptr<const bool>& abandoned) {
  return [inner = gate.handler(), &abandoned](Request request) {
    abandoned = request.abandoned;
    return inner(std::move(request));
  };
}

TEST_F(Http1Test, refuses_bodies_that_are_too_large_together_until_the_first_is_done) {
  testing::Gate gate;
  // Three steps of the budget: what is beyond the first 16 KiB of each.
  listen(gate.handler(), {.all_bodies_bytes_max = BodyHold::free_bytes * 3});
  const auto post = [](std::size_t bytes) {
    return cat(head, "Content-Length: ", bytes, "\r\n\r\n", std::string(bytes, 'x'));
  };
  testing::RawClient first(port());
  ASSERT_TRUE(first.send(post(BodyHold::free_bytes * 4)));
  gate.wait_for_arrival();
  EXPECT_THAT(answer(post(BodyHold::free_bytes + 1)), StartsWith("HTTP/1.1 429 "));
  thread_.run([&] { gate.open(); });
  EXPECT_THAT(first.read_until("late"), HasSubstr("200 OK"));
}

TEST_F(Http1Test, takes_one_body_that_fills_the_budget_and_none_that_is_larger) {
  listen(testing::echo, {.all_bodies_bytes_max = BodyHold::free_bytes});
  const auto post = [](std::size_t bytes) {
    return cat(head, "Connection: close\r\nContent-Length: ", bytes, "\r\n\r\n",
               std::string(bytes, 'x'));
  };
  EXPECT_THAT(answer(post(BodyHold::free_bytes * 2)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer(post(BodyHold::free_bytes * 2 + 1)), StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer(post(BodyHold::free_bytes * 2)), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http1Test, tells_a_handler_that_its_client_has_gone) {
  testing::Gate gate;
  std::shared_ptr<const bool> abandoned;
  listen(keeping(gate, abandoned));
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  gate.wait_for_arrival();
  thread_.run([&] { EXPECT_FALSE(*abandoned); });
  client.abort();
  bool gone = false;
  while (!gone) thread_.run([&] { gone = *abandoned; });
  thread_.run([&] { gate.open(); });
}

TEST_F(Http1Test, refuses_a_large_head) {
  listen(testing::echo, {.head_bytes_max = 1000});
  EXPECT_THAT(answer(cat(head, "X: ", std::string(1000, 'x'))), StartsWith("HTTP/1.1 431 "));
}

TEST_F(Http1Test, serves_nothing_behind_a_request_that_two_could_read_differently) {
  int handled = 0;
  listen([&handled](Request request) {
    ++handled;
    return testing::echo(std::move(request));
  });
  const auto out = answer(cat(head, "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
                              "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(out, StartsWith("HTTP/1.1 400 "));
  thread_.run([&] { EXPECT_EQ(handled, 0); });
}

TEST_F(Http1Test, lets_no_handler_write_headers_through_a_value) {
  listen([](Request) -> Task<Response> {
    co_return Response{.status = 200, .headers = {{"x-a", "1\r\nx-b: 2"}, {"x-c", "3"}}};
  });
  const auto out = answer(cat(head, "Connection: close\r\n\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("x-b")));
  EXPECT_THAT(out, HasSubstr("x-c: 3\r\n"));
}

TEST_F(Http1Test, asks_the_owner_for_the_body_of_its_own_errors) {
  auto made = Server::listen({}, testing::server_tls(), {{&thread_.loop(), testing::echo}},
                             [](int status, std::string_view message) {
                               return Response{.status = status, .body = cat("own ", message)};
                             });
  ASSERT_TRUE(made.has_value());
  server_ = *std::move(made);
  EXPECT_THAT(answer("nonsense\r\n\r\n"), EndsWith("own malformed request"));
}

TEST_F(Http1Test, ends_slow_requests_and_idle_connections) {
  listen(testing::echo, {.head_timeout = milliseconds(40),
                         .body_timeout = milliseconds(40),
                         .idle_timeout = milliseconds(40)});
  EXPECT_THAT(answer("GET / HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer(cat(head, "Content-Length: 9\r\n\r\nabc")), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(answer(""), "");
  EXPECT_THAT(answer(cat(head, "\r\n")), EndsWith("GET /? "));
}

TEST_F(Http1Test, speaks_1_0) {
  listen(testing::echo);
  const auto closed = answer("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(closed, HasSubstr("connection: close\r\n"));
  testing::RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_THAT(client.read_until("GET /? "), HasSubstr("connection: keep-alive\r\n"));
}

TEST_F(Http1Test, streams_in_chunks_and_goes_on_afterwards) {
  testing::Watch watch;
  auto streaming = watch.handler();
  listen([&streaming](Request request) {
    if (request.path == "/watch") return streaming(std::move(request));
    return testing::echo(std::move(request));
  });
  testing::RawClient client(port());
  ASSERT_TRUE(client.send("GET /watch HTTP/1.1\r\nHost: a\r\n\r\n"));
  auto& sink = watch.wait_for_start();
  EXPECT_THAT(client.read_until("first\n\r\n"), HasSubstr("transfer-encoding: chunked\r\n"));
  thread_.run([&] { EXPECT_TRUE(sink.write("second")); });
  EXPECT_EQ(client.read_until("\r\nsecond\r\n"), "6\r\nsecond\r\n");
  thread_.run([&] {
    EXPECT_TRUE(sink.write(""));
    sink.finish();
    EXPECT_FALSE(sink.write("too late"));
  });
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
  watch.wait_for_end();
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  EXPECT_THAT(client.read_until("GET /? "), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(Http1Test, streams_to_1_0_until_the_connection_ends) {
  testing::Watch watch;
  listen(watch.handler());
  testing::RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  auto& sink = watch.wait_for_start();
  thread_.run([&] { sink.finish(); });
  const auto out = client.read_until();
  EXPECT_THAT(out, HasSubstr("connection: close\r\n"));
  EXPECT_THAT(out, EndsWith("\r\n\r\nfirst\n"));
}

TEST_F(Http1Test, drops_the_stream_of_a_peer_that_left) {
  testing::Watch watch;
  listen(watch.handler());
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  watch.wait_for_start();
  client.abort();
  watch.wait_for_end();
}

TEST_F(Http1Test, drops_a_stream_whose_reader_is_too_slow) {
  testing::Watch watch;
  listen(watch.handler(), {.stream_queue_bytes_max = 100000});
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  auto& sink = watch.wait_for_start();
  const std::string event(50000, 'x');
  // The kernel's buffers are bounded as well, so that this ends.
  bool taken = true;
  while (taken) {
    thread_.run([&] {
      taken = sink.write(event);
      if (!taken) EXPECT_FALSE(sink.write("more"));
    });
  }
  watch.wait_for_end();
}

TEST_F(Http1Test, survives_a_peer_that_leaves_while_its_handler_waits) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  gate.wait_for_arrival();
  client.abort();
  testing::RawClient another(port());
  ASSERT_TRUE(another.connected());
  thread_.run([&] { gate.open(); });
}

TEST_F(Http1Test, answers_for_a_handler_that_takes_too_long) {
  testing::Gate gate;
  listen(gate.handler(), {.request_timeout = milliseconds(20)});
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  gate.wait_for_arrival();
  const auto seen = client.read_until();
  EXPECT_THAT(seen, StartsWith("HTTP/1.1 504 "));
  thread_.run([&] { gate.open(); });
  EXPECT_THAT(seen, Not(HasSubstr("late")));
}

TEST_F(Http1Test, answers_a_peer_that_closed_its_side_only) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  gate.wait_for_arrival();
  SSL_shutdown(client.ssl());
  thread_.run([&] { gate.open(); });
  EXPECT_THAT(client.read_until(), EndsWith("late"));
}

Task<Response> answer_with(std::shared_ptr<const std::string> body) {
  co_return Response{.body = std::move(body)};
}

TEST_F(Http1Test, sends_a_large_body_whole) {
  const auto large = std::make_shared<const std::string>(std::size_t{8} << 20U, 'x');
  listen([large](const Request&) { return answer_with(large); });
  const auto out = answer(cat(head, "Connection: close\r\n\r\n"));
  EXPECT_GT(out.size(), large->size());
}

TEST_F(Http1Test, sends_large_bodies_in_their_turn) {
  constexpr std::size_t bytes = std::size_t{100} * 1024;
  listen([](Request request) -> Task<Response> {
    const char letter = request.path.back();
    co_return Response{.body = std::string(letter == 'a' ? bytes : 1, letter)};
  });
  std::string requests;
  for (const char letter : {'b', 'a', 'c', 'a'}) {
    append(requests, "GET /", letter, " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  const auto out = answer(cat(requests, head, "Connection: close\r\n\r\n"));
  std::string bodies;
  for (std::size_t at = 0; (at = out.find("\r\n\r\n", at)) != std::string::npos;) {
    at += 4;
    bodies += out.substr(at, out.find("HTTP/1.1", at) - at);
  }
  const std::string large(bytes, 'a');
  EXPECT_EQ(bodies, cat("b", large, "c", large, "/"));
}

TEST_F(Http1Test, gives_up_on_a_peer_that_does_not_read) {
  testing::Watch watch;
  listen(watch.handler(),
         {.stream_queue_bytes_max = std::size_t{32} << 20U, .body_timeout = milliseconds(50)});
  testing::RawClient client(port());
  ASSERT_TRUE(client.send(cat(head, "\r\n")));
  auto& sink = watch.wait_for_start();
  thread_.run([&] { EXPECT_TRUE(sink.write(std::string(std::size_t{24} << 20U, 'x'))); });
  watch.wait_for_end();
}

}  // namespace
}  // namespace signet::net
