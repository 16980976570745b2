// Reads one HTTP/1.1 request off the wire, or says with which status it is refused.
//
//   Http1Reader reader(limits);
//   used = reader.feed(bytes);              // until complete() or refusal()
//   Request request = reader.take();
//
// Shape    strict: no bare LF, no folded line, exactly one Host, one Content-Length or
//          Transfer-Encoding: chunked but never both, trailers read and thrown away. Each of these
//          has let two programs see different requests in the same bytes.
// Limits   Limits: 431 and 413.
// Source   RFC 9112.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http.h"

namespace signet::net {

class Http1Reader {
 public:
  struct Limits {
    std::size_t head_bytes_max;
    std::size_t body_bytes_max;
  };
  struct Refusal {
    int status = 0;
    std::string_view message;
  };

  explicit Http1Reader(const Limits& limits);
  ~Http1Reader();
  Http1Reader(Http1Reader&&) noexcept;
  Http1Reader& operator=(Http1Reader&&) noexcept;

  // Returns how many bytes it took; the rest is to be offered again together with what follows.
  // Not to be called again once complete or refused.
  std::size_t feed(std::string_view bytes);

  bool head_done() const;
  bool complete() const;
  const Refusal* refusal() const;  // null: none

  // Valid once the head is done.
  bool keep_alive() const;
  bool version_1_0() const;
  bool expects_continue() const;
  std::size_t body_bytes() const;  // so far

  Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signet::net
