#include "net/http1_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "net/http_text.h"

namespace signet::net {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::size_t headers_max = 256;
// Room behind a body, so that a JSON parser that reads ahead need not copy it.
constexpr std::size_t body_padding = 64;
constexpr std::size_t body_reserve_max = std::size_t{64} * 1024;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// Whether a header line goes on in the next one (obs-fold, RFC 9112 s5.2): some readers join the
// two, some take the second for a header of its own.
bool folds(std::string_view head) {
  for (auto at = head.find('\n'); at != std::string_view::npos && at + 1 < head.size();
       at = head.find('\n', at + 1)) {
    const char next = head[at + 1];
    if (next == ' ' || next == '\t') return true;
    if (next == '\r') return false;  // the head ends here
  }
  return false;
}

Http1Reader::Refusal refusal_of(const error_code& error, bool head_done) {
  if (error == http::error::header_limit) return {431, "request header too large"};
  if (error == http::error::bad_version) return {505, "HTTP version not supported"};
  if (error == http::error::body_limit) return {413, "request body too large"};
  return {400, head_done ? "malformed request body" : "malformed request"};
}

}  // namespace

struct Http1Reader::Impl final : http::basic_parser<true> {
  explicit Impl(const Limits& limits) : head_bytes_max(limits.head_bytes_max) {
    header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(limits.head_bytes_max, std::numeric_limits<std::uint32_t>::max())));
    body_limit(limits.body_bytes_max);
    eager(true);
  }

  void refuse(int status, std::string_view message, error_code& error) {
    refusal = {status, message};
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb /*verb*/, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code& error) override {
    // The parser lets nothing but 1.0 and 1.1 come here.
    http_1_0 = version == 10;
    request.method = view(method);
    Target split;
    if (!split_target(view(method), view(target), split)) {
      return refuse(400, "malformed request target", error);
    }
    request.path = split.path;
    request.query = split.query;
    request.headers.reserve(12);
  }

  void on_field_impl(http::field field, boost::beast::string_view name,
                     boost::beast::string_view value, error_code& error) override {
    if (in_body) return;  // a trailer
    if (request.headers.size() == headers_max) {
      return refuse(431, "too many request headers", error);
    }
    const std::string_view text = view(value);
    if (!is_field_value(text)) return refuse(400, "malformed header value", error);
    check_framing(field, text, error);
    if (error) return;
    request.headers.emplace_back(lower_case(view(name)), text);
  }

  void check_framing(http::field field, std::string_view value, error_code& error) {
    switch (field) {
      case http::field::host:
        if (std::exchange(host, true)) refuse(400, "more than one Host header", error);
        break;
      case http::field::content_length:
        if (std::exchange(length, true) || value.empty() ||
            !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
          refuse(400, "malformed Content-Length", error);
        }
        break;
      case http::field::transfer_encoding:
        if (http_1_0) return refuse(400, "Transfer-Encoding in HTTP/1.0", error);
        if (!equal_ignoring_case(value, "chunked")) {
          refuse(501, "transfer encoding not supported", error);
        }
        break;
      case http::field::expect:
        if (!equal_ignoring_case(value, "100-continue")) {
          return refuse(417, "expectation not supported", error);
        }
        expect = !http_1_0;
        break;
      default:
        break;
    }
  }

  void on_header_impl(error_code& error) override {
    in_body = true;
    if (!host && !http_1_0) refuse(400, "Host header missing", error);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code& error) override {
    error = {};
    const std::uint64_t expected = size.value_or(0);
    request.body.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(expected, body_reserve_max)) +
        body_padding);
  }

  std::size_t on_body_impl(boost::beast::string_view bytes, error_code& error) override {
    error = {};
    request.body += view(bytes);
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t /*size*/, boost::beast::string_view /*extensions*/,
                            error_code& error) override {
    error = {};
  }

  std::size_t on_chunk_body_impl(std::uint64_t /*remaining*/, boost::beast::string_view bytes,
                                 error_code& error) override {
    error = {};
    request.body += view(bytes);
    return bytes.size();
  }

  void on_finish_impl(error_code& error) override { error = {}; }
  void on_response_impl(int /*status*/, boost::beast::string_view /*reason*/, int /*version*/,
                        error_code& error) override {
    error = {};
  }

  Request request;
  Refusal refusal;
  std::size_t head_bytes_max;
  bool http_1_0 = false;
  bool host = false;
  bool length = false;
  bool expect = false;
  bool in_body = false;
};

Http1Reader::Http1Reader(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
Http1Reader::~Http1Reader() = default;
Http1Reader::Http1Reader(Http1Reader&&) noexcept = default;
Http1Reader& Http1Reader::operator=(Http1Reader&&) noexcept = default;

std::size_t Http1Reader::feed(std::string_view bytes) {
  // No chunked body ends in fewer bytes, and Beast 1.81 asserts so when it comes back to a last
  // chunk whose end had not arrived.
  if (impl_->in_body && impl_->chunked() && bytes.size() < last_chunk.size()) return 0;
  if (!impl_->in_body && folds(bytes)) {
    impl_->refusal = {400, "folded header line"};
    return 0;
  }
  error_code error;
  const std::size_t used = impl_->put({bytes.data(), bytes.size()}, error);
  if (error && error != http::error::need_more && impl_->refusal.status == 0) {
    impl_->refusal = refusal_of(error, impl_->in_body);
  }
  // A chunk header or trailer that never ends: the parser alone would wait for ever.
  if (!complete() && refusal() == nullptr && bytes.size() - used > impl_->head_bytes_max) {
    impl_->refusal = {431, "request header too large"};
  }
  return used;
}

bool Http1Reader::head_done() const {
  return impl_->is_header_done();
}
bool Http1Reader::complete() const {
  return impl_->is_done() && refusal() == nullptr;
}
const Http1Reader::Refusal* Http1Reader::refusal() const {
  return impl_->refusal.status == 0 ? nullptr : &impl_->refusal;
}
bool Http1Reader::keep_alive() const {
  return impl_->keep_alive();
}
bool Http1Reader::version_1_0() const {
  return impl_->http_1_0;
}
bool Http1Reader::expects_continue() const {
  return impl_->expect;
}
std::size_t Http1Reader::body_bytes() const {
  return impl_->request.body.size();
}
Request Http1Reader::take() {
  return std::move(impl_->request);
}

}  // namespace signet::net
