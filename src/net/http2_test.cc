#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cat.h"
#include "net/body_budget.h"
#include "net/fixture_for_tests.h"

namespace signet::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

// RFC 9113 s6: the numbers on the wire.
enum Type : char {
  data = 0,
  headers = 1,
  priority = 2,
  rst_stream = 3,
  settings = 4,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9
};
constexpr char end_stream = 1;
constexpr char end_headers = 4;

std::string frame(char type, char flags, std::uint32_t stream, std::string_view payload) {
  std::string out;
  for (const unsigned shift : {16U, 8U, 0U}) {
    out += static_cast<char>((payload.size() >> shift) & 255U);
  }
  out += type;
  out += flags;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out += static_cast<char>((stream >> shift) & 255U);
  }
  return out.append(payload);
}

// HPACK literal without indexing, with a new name; both shorter than 127 bytes.
std::string literal(std::string_view name, std::string_view value) {
  return cat('\0', static_cast<char>(name.size()), name, static_cast<char>(value.size()), value);
}

// :method GET or POST, :scheme https, :path / from the static table, and an authority.
std::string request_head(bool post, std::string_view more = {}) {
  return cat(post ? '\x83' : '\x82', '\x87', '\x84', literal(":authority", "a"), more);
}

const std::string preface = cat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(settings, 0, 0, ""));

struct Frame {
  char type = 0;
  char flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

std::vector<Frame> frames_of(std::string_view bytes) {
  std::vector<Frame> frames;
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  while (bytes.size() >= 9) {
    const std::size_t size = (at(0) << 16U) | (at(1) << 8U) | at(2);
    if (bytes.size() < 9 + size) break;
    frames.push_back({.type = bytes[3],
                      .flags = bytes[4],
                      .stream = (at(5) << 24U) | (at(6) << 16U) | (at(7) << 8U) | at(8),
                      .payload = std::string(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return frames;
}

class Http2Test : public testing::ServerFixture {
 protected:
  // Everything the server says to those bytes until it closes.
  std::vector<Frame> answer(std::string_view bytes) {
    testing::RawClient client(port(), "h2");
    EXPECT_TRUE(client.connected());
    client.send(bytes);
    return frames_of(client.read_until());
  }
  static int count(const std::vector<Frame>& frames, Type type) {
    return static_cast<int>(
        std::ranges::count_if(frames, [&](const Frame& each) { return each.type == type; }));
  }
};

// A graceful end: the server answers what it has and closes.
const std::string goodbye = frame(goaway, 0, 0, std::string(8, '\0'));

TEST_F(Http2Test, answers_many_requests_on_one_connection) {
  listen(testing::echo);
  HttpClient client(testing::client_options());
  for (const std::string_view body : {"", "one", "two"}) {
    auto request = get("/a?b");
    request.method = "POST";
    request.body = body;
    const auto reply = client.send(request);
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->body, cat("POST /a?b ", body));
    EXPECT_EQ(reply->header("content-type"), "text/plain");
    EXPECT_NE(reply->header("date"), "");
  }
}

TEST_F(Http2Test, carries_bodies_larger_than_its_windows_both_ways) {
  listen(testing::echo);
  HttpClient client(testing::client_options());
  auto request = get("/");
  request.method = "PUT";
  request.body.assign(std::size_t{2} << 20U, 'x');
  const auto reply = client.send(request);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->body.size(), request.body.size() + 7);
}

TEST_F(Http2Test, answers_head_without_the_body) {
  listen(testing::echo);
  HttpClient client(testing::client_options());
  auto request = get("/");
  request.method = "HEAD";
  const auto reply = client.send(request);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->header("content-length"), "8");
  EXPECT_EQ(reply->body, "");
}

TEST_F(Http2Test, refuses_large_heads_and_bodies) {
  listen(testing::echo, {.head_bytes_max = 2000, .body_bytes_max = 10});
  HttpClient client(testing::client_options());
  auto request = get("/");
  request.headers = {{"x", std::string(2000, 'x')}};
  auto reply = client.send(request);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 431);
  request = get("/");
  request.method = "POST";
  request.body = "0123456789";
  EXPECT_EQ(client.send(request)->status, 200);
  request.body += 'x';
  reply = client.send(request);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 413);
}

TEST_F(Http2Test, refuses_a_body_beyond_what_all_may_hold_and_takes_the_next) {
  listen(testing::echo, {.all_bodies_bytes_max = BodyHold::free_bytes});
  HttpClient client(testing::client_options());
  auto request = get("/");
  request.method = "POST";
  request.body.assign(BodyHold::free_bytes * 2, 'x');
  EXPECT_EQ(client.send(request)->status, 200);
  request.body += 'x';
  const auto reply = client.send(request);
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 429);
  request.body.pop_back();
  EXPECT_EQ(client.send(request)->status, 200);
}

TEST_F(Http2Test, takes_256_header_fields_and_not_one_more) {
  bool called = false;
  listen([&](Request request) {
    called = true;
    return testing::echo(std::move(request));
  });
  for (const int extra : {255, 256}) {  // beside the host
    called = false;
    std::string fields;
    for (int i = 0; i < extra; ++i) fields += literal("x", "1");
    const auto frames = answer(
        cat(preface, frame(headers, end_headers | end_stream, 1, request_head(false, fields)),
            goodbye));
    EXPECT_EQ(count(frames, headers), 1);
    EXPECT_EQ(called, extra == 255);
  }
}

TEST_F(Http2Test, refuses_streams_beyond_its_limit) {
  testing::Gate gate;
  listen(gate.handler(), {.http2_streams_max = 1});
  testing::RawClient client(port(), "h2");
  const auto request = request_head(false);
  ASSERT_TRUE(client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request))));
  gate.wait_for_arrival();
  ASSERT_TRUE(client.send(frame(headers, end_headers | end_stream, 3, request)));
  const auto refusal = frame(rst_stream, 0, 3, std::string(3, '\0') + '\x07');
  EXPECT_THAT(client.read_until(refusal), HasSubstr(refusal));
  ASSERT_TRUE(client.send(goodbye));
  thread_.run([&] { gate.open(); });
  EXPECT_EQ(count(frames_of(client.read_until()), headers), 1);
}

TEST_F(Http2Test, tells_a_handler_that_its_stream_was_reset) {
  testing::Gate gate;
  std::shared_ptr<const bool> abandoned;
  listen([&, inner = gate.handler()](Request request) {
    abandoned = request.abandoned;
    return inner(std::move(request));
  });
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(false)))));
  gate.wait_for_arrival();
  thread_.run([&] { EXPECT_FALSE(*abandoned); });
  ASSERT_TRUE(client.send(frame(rst_stream, 0, 1, std::string(3, '\0') + '\x08')));
  bool gone = false;
  while (!gone) thread_.run([&] { gone = *abandoned; });
  thread_.run([&] { gate.open(); });
}

TEST_F(Http2Test, refuses_a_body_of_unknown_length_once_it_is_too_large) {
  listen(testing::echo, {.body_bytes_max = 10});
  const auto frames =
      answer(cat(preface, frame(headers, end_headers, 1, request_head(true)),
                 frame(data, 0, 1, "0123456789"), frame(data, end_stream, 1, "x"), goodbye));
  EXPECT_EQ(count(frames, headers), 1);
  EXPECT_EQ(count(frames, rst_stream), 0);
}

TEST_F(Http2Test, resets_a_refused_stream_that_goes_on_and_on) {
  listen(testing::echo, {.body_bytes_max = 10});
  std::string bytes = cat(preface, frame(headers, end_headers, 1, request_head(true)));
  // The server opens the window again for what it has thrown away.
  for (int i = 0; i < 40; ++i) bytes += frame(data, 0, 1, std::string(8192, 'x'));
  const auto frames = answer(bytes + goodbye);
  EXPECT_EQ(count(frames, headers), 1);
  EXPECT_EQ(count(frames, rst_stream), 1);
}

TEST_F(Http2Test, streams_events_and_ends) {
  testing::Watch watch;
  listen(watch.handler());
  HttpClient client(testing::client_options());
  std::string seen;
  StreamSink* sink = nullptr;
  const auto reply = client.stream(get("/"), [&](std::string_view bytes) {
    seen += bytes;
    if (sink == nullptr) sink = &watch.wait_for_start();
    thread_.run([&] {
      if (seen.size() < 30)
        EXPECT_TRUE(sink->write("next event\n"));
      else
        sink->finish();
    });
    return true;
  });
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(seen, "first\nnext event\nnext event\nnext event\n");
  watch.wait_for_end();
}

TEST_F(Http2Test, drops_the_stream_that_a_client_reset) {
  testing::Watch watch;
  listen(watch.handler());
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(false)))));
  watch.wait_for_start();
  ASSERT_TRUE(client.send(frame(rst_stream, 0, 1, std::string("\0\0\0\x8", 4))));
  watch.wait_for_end();
}

TEST_F(Http2Test, drops_a_stream_whose_reader_is_too_slow) {
  testing::Watch watch;
  listen(watch.handler(), {.stream_queue_bytes_max = 100000});
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(false)))));
  auto& sink = watch.wait_for_start();
  const std::string event(50000, 'x');
  // The stream's window is 65,535 bytes, and this client never opens it further.
  thread_.run([&] {
    EXPECT_TRUE(sink.write(event));
    EXPECT_TRUE(sink.write(std::string(49000, 'x')));
    EXPECT_FALSE(sink.write(event));
    EXPECT_FALSE(sink.write("more"));
  });
  watch.wait_for_end();
}

TEST_F(Http2Test, survives_a_reset_while_the_handler_waits) {
  testing::Gate gate;
  auto waiting = gate.handler();
  listen([&](Request request) {
    if (request.method == "POST") return waiting(std::move(request));
    return testing::echo(std::move(request));
  });
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(true)))));
  gate.wait_for_arrival();
  ASSERT_TRUE(client.send(cat(frame(rst_stream, 0, 1, std::string("\0\0\0\x8", 4)),
                              frame(headers, end_headers | end_stream, 3, request_head(false)))));
  EXPECT_THAT(client.read_until("GET /? "), HasSubstr("GET /? "));
  thread_.run([&] { gate.open(); });
  ASSERT_TRUE(
      client.send(cat(frame(headers, end_headers | end_stream, 5, request_head(false)), goodbye)));
  EXPECT_THAT(client.read_until(), HasSubstr("GET /? "));
}

TEST_F(Http2Test, answers_for_a_handler_that_takes_too_long) {
  testing::Gate gate;
  auto waiting = gate.handler();
  listen(
      [&](Request request) {
        if (request.method == "POST") return waiting(std::move(request));
        return testing::echo(std::move(request));
      },
      {.request_timeout = milliseconds(20)});
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(true)))));
  gate.wait_for_arrival();
  EXPECT_THAT(client.read_until("allotted timeout"), HasSubstr("allotted timeout"));
  thread_.run([&] { gate.open(); });
  ASSERT_TRUE(
      client.send(cat(frame(headers, end_headers | end_stream, 3, request_head(false)), goodbye)));
  const auto rest = client.read_until();
  EXPECT_THAT(rest, HasSubstr("GET /? "));
  EXPECT_THAT(rest, Not(HasSubstr("late")));
}

TEST_F(Http2Test, ends_a_connection_that_resets_rapidly) {
  listen(testing::echo);
  std::string bytes = preface;
  for (std::uint32_t id = 1; id < 4001; id += 2) {
    bytes += frame(headers, end_headers, id, request_head(true));
    bytes += frame(rst_stream, 0, id, std::string("\0\0\0\x8", 4));
  }
  EXPECT_EQ(count(answer(bytes), goaway), 1);
}

TEST_F(Http2Test, ends_a_connection_that_floods_it_with_control_frames) {
  listen(testing::echo);
  std::string bytes = preface;
  for (int i = 0; i < 4000; ++i) bytes += frame(ping, 0, 0, "12345678");
  EXPECT_EQ(count(answer(bytes), goaway), 1);
}

struct HostileCase {
  const char* name;
  std::string bytes;
};
const HostileCase hostile[] = {
    {"http_1_1_instead", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"preface_without_settings",
     cat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(ping, 0, 0, "12345678"))},
    {"data_on_idle_stream", cat(preface, frame(data, end_stream, 1, "x"))},
    {"headers_on_stream_0", cat(preface, frame(headers, end_headers, 0, request_head(false)))},
    {"headers_on_even_stream",
     cat(preface, frame(headers, end_headers | end_stream, 2, request_head(false)))},
    {"hpack_index_out_of_range",
     cat(preface, frame(headers, end_headers | end_stream, 1, "\xff\xff\x7f"))},
    {"frame_above_the_limit", cat(preface, frame(data, 0, 1, std::string(20000, 'x')))},
    {"settings_of_odd_size", cat(preface, frame(settings, 0, 0, "12345"))},
    {"ping_of_wrong_size", cat(preface, frame(ping, 0, 0, "1"))},
    {"window_overflow", cat(preface, frame(window_update, 0, 0, "\x7f\xff\xff\xff"))},
    {"another_frame_in_a_header_block",
     cat(preface, frame(headers, 0, 1, request_head(false)), frame(ping, 0, 0, "12345678"))},
    {"endless_continuation",
     [] {
       std::string bytes = cat(preface, frame(headers, 0, 1, request_head(false)));
       for (int i = 0; i < 100; ++i) bytes += frame(continuation, 0, 1, literal("x", "y"));
       return bytes;
     }()},
};

class Http2HostileTest : public testing::ServerFixture,
                         public ::testing::WithParamInterface<HostileCase> {};

TEST_P(Http2HostileTest, ends_the_connection) {
  listen(testing::echo);
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(client.send(GetParam().bytes));
  // Not by the idle timeout: RawClient gives up long before it.
  client.read_until();
  EXPECT_TRUE(client.closed_properly());
}

INSTANTIATE_TEST_SUITE_P(Http2, Http2HostileTest, ::testing::ValuesIn(hostile),
                         [](const auto& row) { return std::string(row.param.name); });

struct BadRequestCase {
  const char* name;
  std::string head;
};
const BadRequestCase bad_requests[] = {
    {"upper_case_name", request_head(false, literal("X", "y"))},
    {"connection_header", request_head(false, literal("connection", "close"))},
    {"transfer_encoding", request_head(false, literal("transfer-encoding", "chunked"))},
    {"line_break_in_value", request_head(false, literal("x", "a\r\nb"))},
    {"path_twice", request_head(false, "\x84")},
    {"no_path", cat('\x82', '\x87', literal(":authority", "a"))},
    {"unknown_pseudo_header", cat('\x82', '\x87', '\x84', literal(":x", "y"))},
    {"length_without_body", request_head(false, literal("content-length", "5"))},
};

class Http2BadRequestTest : public testing::ServerFixture,
                            public ::testing::WithParamInterface<BadRequestCase> {};

TEST_P(Http2BadRequestTest, resets_the_stream_and_calls_no_handler) {
  int handled = 0;
  listen([&handled](Request request) {
    ++handled;
    return testing::echo(std::move(request));
  });
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(client.send(
      cat(preface, frame(headers, end_headers | end_stream, 1, GetParam().head), goodbye)));
  const auto frames = frames_of(client.read_until());
  EXPECT_TRUE(std::ranges::any_of(
      frames, [](const Frame& each) { return each.type == rst_stream && each.stream == 1; }));
  thread_.run([&] { EXPECT_EQ(handled, 0); });
}

INSTANTIATE_TEST_SUITE_P(Http2, Http2BadRequestTest, ::testing::ValuesIn(bad_requests),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Http2Test, ends_slow_and_idle_connections) {
  listen(testing::echo, {.head_timeout = milliseconds(40),
                         .body_timeout = milliseconds(40),
                         .idle_timeout = milliseconds(40)});
  answer("PRI * HT");
  EXPECT_EQ(count(answer(preface), goaway), 1);
  answer(cat(preface, frame(headers, 0, 1, request_head(false))));
  const auto frames = answer(cat(preface, frame(headers, end_headers, 1, request_head(true))));
  EXPECT_EQ(count(frames, headers), 1);  // 408
  EXPECT_EQ(count(frames, rst_stream), 1);
}

TEST_F(Http2Test, drains_with_a_goaway_after_what_runs) {
  testing::Gate gate;
  listen(gate.handler());
  testing::RawClient client(port(), "h2");
  ASSERT_TRUE(
      client.send(cat(preface, frame(headers, end_headers | end_stream, 1, request_head(false)))));
  gate.wait_for_arrival();
  std::jthread drain([this] { server_->drain(std::chrono::seconds(20)); });
  std::string seen = client.read_until(std::string("\x08\x07\0\0\0\0\0", 7));
  thread_.run([&] { gate.open(); });
  seen += client.read_until();
  EXPECT_THAT(seen, HasSubstr("late"));
  EXPECT_TRUE(client.closed_properly());
}

}  // namespace
}  // namespace signet::net
