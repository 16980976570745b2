#include "net/http1_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "base/cat.h"

namespace signet::net {
namespace {

constexpr Http1Reader::Limits limits{.head_bytes_max = 512, .body_bytes_max = 16};

struct Outcome {
  int status = 0;  // 0: complete, -1: wants more
  Request request;
  std::size_t used = 0;
};

Outcome read(std::string_view bytes, std::size_t step = std::string_view::npos) {
  Http1Reader reader(limits);
  std::size_t used = 0;
  std::size_t offered = 0;
  while (!reader.complete() && reader.refusal() == nullptr && offered < bytes.size()) {
    offered =
        std::min(bytes.size(), step == std::string_view::npos ? bytes.size() : offered + step);
    used += reader.feed(bytes.substr(used, offered - used));
  }
  Outcome outcome{.status = -1, .request = {}, .used = used};
  if (const auto* refusal = reader.refusal()) outcome.status = refusal->status;
  if (reader.complete()) outcome = {.status = 0, .request = reader.take(), .used = used};
  return outcome;
}

std::string get(std::string_view more_headers) {
  return cat("GET / HTTP/1.1\r\nHost: a\r\n", more_headers, "\r\n");
}

TEST(Http1Reader, reads_a_request_in_pieces_of_every_size) {
  const std::string bytes =
      "POST /p?q HTTP/1.1\r\nHost: a\r\nX-Two:  b c \r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto outcome = read(bytes, step);
    ASSERT_EQ(outcome.status, 0) << "step " << step;
    EXPECT_EQ(outcome.used, bytes.size());
    EXPECT_EQ(outcome.request.method, "POST");
    EXPECT_EQ(outcome.request.path, "/p");
    EXPECT_EQ(outcome.request.query, "q");
    EXPECT_EQ(outcome.request.header("x-two"), "b c");
    EXPECT_EQ(outcome.request.body, "hello");
  }
}

TEST(Http1Reader, refuses_folded_lines_in_pieces_of_every_size) {
  for (const auto* folded : {"A: b\r\n c: d\r\n", "A: b\r\n\tc: d\r\n", "A:\r\n b\r\n"}) {
    const auto bytes = get(folded);
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      EXPECT_EQ(read(bytes, step).status, 400) << folded << " step " << step;
    }
  }
}

TEST(Http1Reader, reads_a_chunked_body_in_pieces_of_every_size_and_drops_trailers) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const auto outcome = read(bytes, step);
    ASSERT_EQ(outcome.status, 0) << "step " << step;
    EXPECT_EQ(outcome.used, bytes.size());
    EXPECT_EQ(outcome.request.body, "abc0123456789");
    EXPECT_EQ(outcome.request.header("x-trailer"), "");
  }
}

TEST(Http1Reader, reads_an_empty_chunked_body_in_pieces_of_every_size) {
  const std::string bytes = get("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    EXPECT_EQ(read(bytes, step).status, 0) << "step " << step;
  }
}

TEST(Http1Reader, leaves_what_follows_the_request) {
  const std::string first = get("");
  EXPECT_EQ(read(first + "GET /next").used, first.size());
}

TEST(Http1Reader, wants_more_after_every_proper_part) {
  const std::string bytes = get("Content-Length: 2\r\n") + "ab";
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(read(bytes.substr(0, size)).status, -1) << size;
  }
}

TEST(Http1Reader, bounds_the_head) {
  const std::string frame = get("X: \r\n");
  EXPECT_EQ(read(get(cat("X: ", std::string(512 - frame.size(), 'x'), "\r\n"))).status, 0);
  EXPECT_EQ(read(get(cat("X: ", std::string(600, 'x'), "\r\n"))).status, 431);
  EXPECT_EQ(read(cat("GET /", std::string(600, 'x')), 1).status, 431);
}

TEST(Http1Reader, bounds_the_body) {
  EXPECT_EQ(read(get("Content-Length: 16\r\n") + std::string(16, 'x')).status, 0);
  EXPECT_EQ(read(get("Content-Length: 17\r\n")).status, 413);
  const std::string chunked = get("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(read(chunked + "10\r\n0123456789abcdef\r\n0\r\n\r\n").status, 0);
  EXPECT_EQ(read(chunked + "8\r\n01234567\r\n9\r\n").status, 413);
}

TEST(Http1Reader, bounds_chunk_extensions_and_trailers) {
  const std::string chunked = get("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(read(cat(chunked, "1;", std::string(600, 'x'))).status, 431);
  EXPECT_EQ(read(cat(chunked, "0\r\nX: ", std::string(600, 'x'))).status, 431);
}

struct FramingCase {
  const char* name;
  std::string bytes;
  int status;
};
const FramingCase framings[] = {
    {"length_and_chunked", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"chunked_and_length", get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
    {"two_lengths", get("Content-Length: 3\r\nContent-Length: 4\r\n"), 400},
    {"the_same_length_twice", get("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
    {"length_list", get("Content-Length: 3, 3\r\n"), 400},
    {"signed_length", get("Content-Length: +3\r\n"), 400},
    {"hexadecimal_length", get("Content-Length: 0x3\r\n"), 400},
    {"empty_length", get("Content-Length:\r\n"), 400},
    {"length_beyond_64_bits", get("Content-Length: 18446744073709551617\r\n"), 400},
    {"unknown_coding", get("Transfer-Encoding: gzip\r\n"), 501},
    {"gzip_then_chunked", get("Transfer-Encoding: gzip, chunked\r\n"), 501},
    {"chunked_twice_in_a_line", get("Transfer-Encoding: chunked, chunked\r\n"), 501},
    {"chunked_twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {"disguised_chunked", get("Transfer-Encoding: xchunked\r\n"), 501},
    {"space_before_colon", get("Transfer-Encoding : chunked\r\n"), 400},
    {"chunked_in_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"bare_line_feeds", "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 505},
    {"bare_line_feed_in_value", get("X: a\nY: b\r\n"), 400},
    {"bare_return_in_value", get("X: a\rY: b\r\n"), 400},
    {"nul_in_value", get(std::string("X: a\0b\r\n", 8)), 400},
    {"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two_hosts", get("Host: b\r\n"), 400},
    {"space_in_name", get("X Y: b\r\n"), 400},
    {"no_colon", get("XY\r\n"), 400},
    {"space_before_first_header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"no_target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
    {"version_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"version_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"other_protocol", "GET / ICAP/1.0\r\nHost: a\r\n\r\n", 505},
    {"other_expectation", get("Expect: wonders\r\n"), 417},
    {"bad_chunk_size", get("Transfer-Encoding: chunked\r\n") + "x\r\n\r\n", 400},
    {"negative_chunk_size", get("Transfer-Encoding: chunked\r\n") + "-1\r\nab", 400},
    {"chunk_without_end", get("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n", 400},
    {"tls_bytes", std::string("\x16\x03\x01\x02\r\n\r\n", 8), 400},
};

class Http1FramingTest : public ::testing::TestWithParam<FramingCase> {};

TEST_P(Http1FramingTest, is_refused_however_it_arrives) {
  EXPECT_EQ(read(GetParam().bytes).status, GetParam().status);
  EXPECT_EQ(read(GetParam().bytes, 1).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(Http1Reader, Http1FramingTest, ::testing::ValuesIn(framings),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Http1Reader, bounds_the_number_of_headers) {
  constexpr Http1Reader::Limits wide{.head_bytes_max = 65536, .body_bytes_max = 0};
  for (const int extra : {255, 256}) {
    std::string headers;
    for (int i = 0; i < extra; ++i) append(headers, "x", i, ": y\r\n");
    Http1Reader reader(wide);
    reader.feed(get(headers));
    EXPECT_EQ(reader.complete(), extra == 255);
  }
}

TEST(Http1Reader, tells_what_the_connection_is_to_do) {
  const auto probe = [](std::string_view bytes) {
    Http1Reader reader(limits);
    reader.feed(bytes);
    EXPECT_TRUE(reader.head_done());
    return std::tuple(reader.keep_alive(), reader.version_1_0(), reader.expects_continue());
  };
  EXPECT_EQ(probe(get("")), std::tuple(true, false, false));
  EXPECT_EQ(probe(get("Connection: close\r\n")), std::tuple(false, false, false));
  EXPECT_EQ(probe(get("Expect: 100-Continue\r\nContent-Length: 1\r\n")),
            std::tuple(true, false, true));
  EXPECT_EQ(probe("GET / HTTP/1.0\r\n\r\n"), std::tuple(false, true, false));
  EXPECT_EQ(probe("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
            std::tuple(true, true, false));
}

}  // namespace
}  // namespace signet::net
