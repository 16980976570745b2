// HTTP/1.1 on one connection: one exchange at a time, pipelined requests wait their turn.
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "net/connection_impl.h"
#include "net/http1_reader.h"
#include "net/http_text.h"

namespace signet::net {
namespace {

// Further pipelined requests wait while the peer has this much still to take.
constexpr std::size_t backlog_bytes_max = std::size_t{256} * 1024;
// From here on memory for a copy of a body, which nobody has touched yet, costs more than moving
// it.
constexpr std::size_t large_body_bytes = std::size_t{64} * 1024;

class Http1 final : public Protocol, public StreamSink {
 public:
  explicit Http1(Connection& connection)
      : connection_(connection),
        body_(connection.shard().bodies()),
        since_(std::chrono::steady_clock::now()) {}

  void on_input(std::string_view bytes) override;
  void on_end_of_input() override;
  void advance() override;
  bool wants_input() const override;
  void drain() override;
  void tick(Instant now) override;
  void on_gone() override;

  bool write(std::string_view bytes) override;
  void finish() override;

 private:
  // idle: between requests; ended: the connection closes once everything is sent.
  enum class State { idle, head, body, handling, streaming, ended };

  std::size_t consume(std::string_view bytes);
  void on_partial_request(bool more_follows);
  void dispatch();
  void answer(Response response);
  void give_up();
  void append_head(const Response& response, bool streamed);
  void append_body(Response& response);
  void refuse(int status, std::string_view message);
  void end_exchange();
  const ServerOptions& options() const { return connection_.shard().options(); }

  Connection& connection_;
  std::optional<Http1Reader> reader_;
  BodyHold body_;   // of the request that is being read
  std::string in_;  // not parsed yet
  std::unique_ptr<BodyStream> stream_;
  Instant since_;               // of the state
  std::uint64_t exchange_ = 0;  // counts, so that an answer that comes too late is known
  State state_ = State::idle;
  bool keep_alive_ = true;  // of the exchange
  bool version_1_0_ = false;
  bool head_only_ = false;
  bool chunked_ = false;
  bool stream_ended_ = false;
  bool draining_ = false;
  bool end_of_input_ = false;
  bool gone_ = false;
};

void Http1::on_input(std::string_view bytes) {
  if (state_ == State::ended) return;
  if (in_.empty()) {
    const std::size_t used = consume(bytes);
    if (state_ != State::ended) in_.assign(bytes.substr(used));
    return;
  }
  in_ += bytes;
}

void Http1::on_end_of_input() {
  end_of_input_ = true;
  if (state_ == State::handling) {
    // The peer may have closed its side only: it gets its answer.
    keep_alive_ = false;
    return;
  }
  connection_.close_when_sent(Connection::Ending::now);
  state_ = State::ended;
  stream_.reset();
}

bool Http1::wants_input() const {
  if (end_of_input_) return false;
  if (state_ == State::ended) return false;
  return in_.size() <= options().head_bytes_max && connection_.unsent() < backlog_bytes_max;
}

void Http1::advance() {
  if (state_ == State::streaming && stream_ended_) {
    stream_.reset();
    end_exchange();
  }
  if (in_.empty() || state_ > State::body) return;
  const std::size_t used = consume(in_);
  if (state_ == State::ended) {
    in_.clear();
  } else {
    in_.erase(0, used);
    if (in_.empty()) std::string().swap(in_);
  }
}

std::size_t Http1::consume(std::string_view bytes) {
  std::size_t used = 0;
  while (state_ <= State::body && used < bytes.size() && connection_.unsent() < backlog_bytes_max) {
    if (!reader_) {
      reader_.emplace(Http1Reader::Limits{.head_bytes_max = options().head_bytes_max,
                                          .body_bytes_max = options().body_bytes_max});
    }
    used += reader_->feed(bytes.substr(used));
    if (const auto* refusal = reader_->refusal()) {
      refuse(refusal->status, refusal->message);
      return bytes.size();
    }
    if (!body_.cover(reader_->body_bytes())) {
      refuse(429, too_many_requests);
      return bytes.size();
    }
    if (!reader_->complete()) {
      on_partial_request(used == bytes.size());
      break;
    }
    dispatch();
  }
  return used;
}

void Http1::on_partial_request(bool more_follows) {
  if (reader_->head_done()) {
    if (state_ == State::body) return;
    state_ = State::body;
    // RFC 9110 s10.1.1: not when the body is already on its way.
    if (reader_->expects_continue() && more_follows) {
      connection_.out() += "HTTP/1.1 100 Continue\r\n\r\n";
    }
  } else {
    if (state_ == State::head) return;
    state_ = State::head;
  }
  since_ = std::chrono::steady_clock::now();
}

void Http1::dispatch() {
  keep_alive_ = reader_->keep_alive() && !draining_;
  version_1_0_ = reader_->version_1_0();
  Request request = reader_->take();
  reader_.reset();
  request.peer = connection_.peer();
  request.remote_address = connection_.remote();
  head_only_ = request.method == "HEAD";
  request.abandoned = {connection_.shared_from_this(), &gone_};
  state_ = State::handling;
  since_ = std::chrono::steady_clock::now();
  // The handler keeps the connection's memory, not its socket, until it has finished.
  spawn(connection_.shard().handler()(std::move(request)),
        [this, exchange = ++exchange_, self = connection_.shared_from_this(),
         body = std::move(body_)](Response response) {
          if (!self->gone() && exchange == exchange_) answer(std::move(response));
        });
}

void Http1::give_up() {
  ++exchange_;
  keep_alive_ = false;
  answer(connection_.shard().error_response(504, request_took_too_long));
}

void Http1::answer(Response response) {
  auto* stream = std::get_if<std::unique_ptr<BodyStream>>(&response.body);
  const bool streamed = stream != nullptr && *stream != nullptr;
  chunked_ = streamed && !version_1_0_;
  if (streamed && (version_1_0_ || draining_)) keep_alive_ = false;
  append_head(response, streamed);
  if (!streamed || head_only_ || is_bodyless(response.status)) {
    if (!head_only_ && !is_bodyless(response.status)) append_body(response);
    end_exchange();
  } else {
    stream_ = std::move(*stream);
    state_ = State::streaming;
    stream_ended_ = draining_;
    if (draining_ && chunked_) connection_.out() += "0\r\n\r\n";
    if (!draining_) stream_->start(*this);
  }
  connection_.turn_soon();
}

void Http1::append_head(const Response& response, bool streamed) {
  std::string& out = connection_.out();
  const std::string_view bytes = response.bytes();
  const bool with_body = !head_only_ && !is_bodyless(response.status);
  out.reserve(out.size() + 256 + (with_body && bytes.size() < large_body_bytes ? bytes.size() : 0));
  append(out, "HTTP/1.1 ", response.status, " ", reason_phrase(response.status), "\r\n");
  if (!response.content_type.empty() && is_field_value(response.content_type)) {
    append(out, "content-type: ", response.content_type, "\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    if (is_token(name) && is_field_value(value)) append(out, name, ": ", value, "\r\n");
  }
  append(out, "date: ", connection_.shard().date(), "\r\n");
  if (streamed) {
    if (chunked_) out += "transfer-encoding: chunked\r\n";
  } else if (!is_bodyless(response.status)) {
    append(out, "content-length: ", bytes.size(), "\r\n");
  }
  if (!keep_alive_) {
    out += "connection: close\r\n";
  } else if (version_1_0_) {
    out += "connection: keep-alive\r\n";
  }
  out += "\r\n";
}

void Http1::append_body(Response& response) {
  std::string& out = connection_.out();
  auto* own = std::get_if<std::string>(&response.body);
  if (own == nullptr || own->size() < large_body_bytes) {
    out += response.bytes();
    return;
  }
  own->insert(0, out);
  out = std::move(*own);
}

void Http1::refuse(int status, std::string_view message) {
  reader_.reset();
  body_.release();
  keep_alive_ = false;
  head_only_ = false;
  version_1_0_ = false;
  const Response response = connection_.shard().error_response(status, message);
  append_head(response, false);
  connection_.out() += response.bytes();
  state_ = State::ended;
  connection_.close_when_sent(Connection::Ending::linger);
}

void Http1::end_exchange() {
  if (keep_alive_) {
    state_ = State::idle;
    since_ = std::chrono::steady_clock::now();
    return;
  }
  state_ = State::ended;
  connection_.close_when_sent(in_.empty() ? Connection::Ending::now : Connection::Ending::linger);
}

bool Http1::write(std::string_view bytes) {
  if (state_ != State::streaming || stream_ended_ || connection_.gone()) return false;
  if (connection_.unsent() + bytes.size() > options().stream_queue_bytes_max) {
    stream_ended_ = true;
    connection_.close_soon();
    return false;
  }
  if (bytes.empty()) return true;
  std::string& out = connection_.out();
  if (chunked_) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    append(out, std::string_view(size.data(), end), "\r\n", bytes, "\r\n");
  } else {
    out += bytes;
  }
  connection_.turn_soon();
  return true;
}

void Http1::finish() {
  if (state_ != State::streaming || std::exchange(stream_ended_, true)) return;
  if (chunked_) connection_.out() += "0\r\n\r\n";
  connection_.turn_soon();
}

void Http1::drain() {
  draining_ = true;
  keep_alive_ = false;
  if (state_ == State::idle && in_.empty()) {
    state_ = State::ended;
    connection_.close_when_sent(Connection::Ending::now);
  } else if (state_ == State::streaming) {
    finish();
  }
}

void Http1::tick(Instant now) {
  switch (state_) {
    case State::idle:
      if (in_.empty() && connection_.unsent() == 0 && now - since_ >= options().idle_timeout) {
        state_ = State::ended;
        connection_.close_when_sent(Connection::Ending::now);
      }
      break;
    case State::head:
      if (now - since_ >= options().head_timeout) refuse(408, "request header took too long");
      break;
    case State::body:
      if (now - since_ >= options().body_timeout) refuse(408, "request body took too long");
      break;
    case State::handling:
      if (now - since_ >= options().request_timeout) give_up();
      break;
    case State::streaming:
    case State::ended:
      break;
  }
}

void Http1::on_gone() {
  gone_ = true;
  state_ = State::ended;
  reader_.reset();
  body_.release();
  std::string().swap(in_);
  stream_.reset();
}

}  // namespace

std::unique_ptr<Protocol> make_http1(Connection& connection) {
  return std::make_unique<Http1>(connection);
}

}  // namespace signet::net
