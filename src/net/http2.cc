#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "net/http2_impl.h"
#include "net/http_text.h"

namespace signet::net {
namespace {

constexpr std::size_t fill_bytes = std::size_t{64} * 1024;
constexpr std::int32_t stream_window_bytes = 256 * 1024;
constexpr std::int32_t connection_window_bytes = 1024 * 1024;
constexpr std::size_t headers_max = 256;
// What all requests of a connection may hold together, in bodies of the largest size.
constexpr std::size_t bodies_max = 4;
constexpr std::size_t discard_bytes_max = std::size_t{256} * 1024;
constexpr int control_frames_max = 500;
// A queue is moved to its front when this much of it was sent.
constexpr std::size_t compact_bytes = std::size_t{64} * 1024;

nghttp2_nv field(std::string_view name, std::string_view value, std::uint8_t flags) {
  // The library wants mutable pointers and writes to neither.
  return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = flags};
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// RFC 9113 s8.2.2.
bool is_connection_specific(std::string_view name) {
  return name == "connection" || name == "transfer-encoding" || name == "keep-alive" ||
         name == "upgrade" || name == "proxy-connection";
}

}  // namespace

bool Http2Stream::write(std::string_view bytes) {
  if (ended) return false;
  if (queue.size() - sent + bytes.size() > session.queue_bytes_max()) {
    ended = true;
    session.reset(id, NGHTTP2_ENHANCE_YOUR_CALM);
    return false;
  }
  if (sent == queue.size() || sent >= compact_bytes) {
    queue.erase(0, sent);
    sent = 0;
  }
  queue += bytes;
  session.resume(id);
  return true;
}

void Http2Stream::finish() {
  if (std::exchange(ended, true)) return;
  session.resume(id);
}

Http2::Http2(Connection& connection)
    : connection_(connection),
      session_(make_session(this)),
      since_(std::chrono::steady_clock::now()) {
  const std::array<nghttp2_settings_entry, 3> settings = {
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options().http2_streams_max},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window_bytes},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
        static_cast<std::uint32_t>(options().head_bytes_max)}}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0,
                                        connection_window_bytes);
}

Http2::~Http2() = default;

Http2Stream* Http2::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2::on_input(std::string_view bytes) {
  if (failed_) return;
  const ssize_t used = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  // What the peer can be told about, nghttp2 has put into a GOAWAY; this is the rest.
  if (used < 0) {
    failed_ = true;
    connection_.close_when_sent(Connection::Ending::linger);
  }
}

void Http2::on_end_of_input() {
  // RFC 9113 s5.4.1: nothing that we could still send would be of use.
  failed_ = true;
  connection_.close_when_sent(Connection::Ending::now);
}

bool Http2::wants_input() const {
  return !failed_;
}

void Http2::advance() {
  if (failed_) return;
  while (connection_.unsent() < fill_bytes) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) return connection_.close_soon();
    if (size == 0) break;
    connection_.out() += view(data, static_cast<std::size_t>(size));
  }
  if (nghttp2_session_want_write(session_.get()) != 0) return;
  if (draining_ && streams_.empty()) {
    failed_ = true;
    connection_.close_when_sent(Connection::Ending::now);
  } else if (nghttp2_session_want_read(session_.get()) == 0) {
    failed_ = true;
    connection_.close_when_sent(Connection::Ending::linger);
  }
}

void Http2::on_begin(std::int32_t id) {
  since_ = std::chrono::steady_clock::now();
  streams_.emplace(id,
                   std::make_unique<Http2Stream>(*this, connection_.shard().bodies(), id, since_));
}

void Http2::on_header(Http2Stream& stream, std::string_view name, std::string_view value) {
  // RFC 9113 s10.5.1 counts 32 bytes a field, which also bounds many small ones.
  stream.head_bytes += name.size() + value.size() + 32;
  if (stream.head_bytes > options().head_bytes_max ||
      stream.request.headers.size() == headers_max) {
    stream.refused = true;
    return;
  }
  Request& request = stream.request;
  if (name == ":method") {
    request.method = value;
  } else if (name == ":path") {
    request.path = value;  // taken apart when the head is complete
  } else if (name == ":authority") {
    request.headers.emplace_back("host", value);
  } else if (!name.starts_with(':') && (name != "host" || request.header("host").empty())) {
    request.headers.emplace_back(name, value);
  }
}

void Http2::on_head_done(std::int32_t id, Http2Stream& stream) {
  stream.stage = Http2Stream::Stage::body;
  if (stream.refused) return refuse(id, stream, 431, "request header too large");
  Request& request = stream.request;
  const std::string target = std::exchange(request.path, {});
  Target split;
  if (!split_target(request.method, target, split)) {
    return refuse(id, stream, 400, "malformed request target");
  }
  request.path = split.path;
  request.query = split.query;
  if (const auto length = request.header("content-length"); !length.empty()) {
    // nghttp2 has checked that it is a number and holds the peer to it.
    std::uint64_t expected = 0;
    const auto read = std::from_chars(length.data(), length.data() + length.size(), expected);
    if (read.ec != std::errc() || expected > options().body_bytes_max) {
      return refuse(id, stream, 413, "request body too large");
    }
  }
  if (equal_ignoring_case(request.header("expect"), "100-continue")) {
    const nghttp2_nv status = field(":status", "100", NGHTTP2_NV_FLAG_NONE);
    nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, &status, 1, nullptr);
  }
}

void Http2::on_data(std::int32_t id, Http2Stream& stream, std::string_view bytes) {
  if (stream.refused) return discard(id, stream, bytes.size());
  if (stream.stage != Http2Stream::Stage::body) return;
  if (stream.request.body.size() + bytes.size() > options().body_bytes_max) {
    return refuse(id, stream, 413, "request body too large");
  }
  if (body_bytes_ + bytes.size() > options().body_bytes_max * bodies_max) {
    stream.refused = true;
    return reset(id, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  if (!stream.hold.cover(stream.request.body.size() + bytes.size())) {
    body_bytes_ -= stream.request.body.size();
    std::string().swap(stream.request.body);
    stream.hold.release();
    return refuse(id, stream, 429, too_many_requests);
  }
  body_bytes_ += bytes.size();
  stream.request.body += bytes;
}

// RFC 9113 s8.1 lets us reset right after the answer, but clients then lose the answer while they
// still send: so those that are nearly done may finish.
void Http2::discard(std::int32_t id, Http2Stream& stream, std::size_t size) {
  stream.discarded += size;
  if (stream.discarded > discard_bytes_max) reset(id, NGHTTP2_NO_ERROR);
}

void Http2::on_frame(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_SETTINGS:
      greeted_ = true;
      [[fallthrough]];
    case NGHTTP2_PING:
    case NGHTTP2_PRIORITY:
      ++control_frames_;
      break;
    case NGHTTP2_DATA:
      if (frame.hd.length == 0 && !last) ++control_frames_;
      [[fallthrough]];
    case NGHTTP2_HEADERS: {
      auto* stream = find(frame.hd.stream_id);
      if (stream == nullptr) return;
      if (stream->stage == Http2Stream::Stage::head) on_head_done(frame.hd.stream_id, *stream);
      if (last && !stream->refused && stream->stage == Http2Stream::Stage::body) {
        dispatch(frame.hd.stream_id, *stream);
      }
      break;
    }
    default:
      break;
  }
  if (control_frames_ > control_frames_max) {
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

void Http2::on_closed(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  body_bytes_ -= found->second->request.body.size();
  // Out of the map first: the stream that goes may lead back here.
  const auto gone = std::move(found->second);
  streams_.erase(found);
  since_ = std::chrono::steady_clock::now();
}

void Http2::dispatch(std::int32_t id, Http2Stream& stream) {
  stream.stage = Http2Stream::Stage::handling;
  stream.since = std::chrono::steady_clock::now();
  body_bytes_ -= stream.request.body.size();
  Request request = std::move(stream.request);
  stream.request = {};
  stream.head_only = request.method == "HEAD";
  request.peer = connection_.peer();
  request.remote_address = connection_.remote();
  stream.abandoned = std::make_shared<bool>(false);
  request.abandoned = stream.abandoned;
  // The handler keeps the connection's memory, not its socket, until it has finished.
  spawn(connection_.shard().handler()(std::move(request)),
        [this, id, self = connection_.shared_from_this(),
         body = std::move(stream.hold)](Response response) {
          if (!self->gone()) answer(id, std::move(response));
        });
}

void Http2::answer(std::int32_t id, Response response) {
  auto* stream = find(id);
  // Reset meanwhile, or given up.
  if (stream == nullptr || stream->stage != Http2Stream::Stage::handling) return;
  stream->stage = Http2Stream::Stage::answering;
  stream->since = std::chrono::steady_clock::now();
  stream->response = std::move(response);
  auto* body = std::get_if<std::unique_ptr<BodyStream>>(&stream->response.body);
  const bool with_body = !stream->head_only && !is_bodyless(stream->response.status);
  stream->streaming = body != nullptr && *body != nullptr;
  if (stream->streaming && with_body) stream->body = std::move(*body);
  stream->ended = !stream->streaming || draining_;
  submit(id, *stream, with_body);
  if (stream->body && !draining_) stream->body->start(*stream);
  connection_.turn_soon();
}

void Http2::refuse(std::int32_t id, Http2Stream& stream, int status, std::string_view message) {
  stream.refused = true;
  stream.stage = Http2Stream::Stage::answering;
  stream.since = std::chrono::steady_clock::now();
  stream.response = connection_.shard().error_response(status, message);
  stream.ended = true;
  submit(id, stream, true);
}

void Http2::submit(std::int32_t id, Http2Stream& stream, bool with_body) {
  const Response& response = stream.response;
  std::array<char, 16> status{};
  const auto* status_end =
      std::to_chars(status.data(), status.data() + status.size(), response.status).ptr;
  std::array<char, 24> length{};
  const auto* length_end =
      std::to_chars(length.data(), length.data() + length.size(), response.bytes().size()).ptr;
  std::vector<nghttp2_nv> fields;
  fields.reserve(response.headers.size() + 4);
  constexpr std::uint8_t fixed = NGHTTP2_NV_FLAG_NO_COPY_NAME;
  fields.push_back(field(":status", {status.data(), status_end}, fixed));
  if (!response.content_type.empty() && is_field_value(response.content_type)) {
    fields.push_back(field("content-type", response.content_type, fixed));
  }
  fields.push_back(field("date", connection_.shard().date(), fixed));
  if (!stream.streaming && !is_bodyless(response.status)) {
    fields.push_back(field("content-length", {length.data(), length_end}, fixed));
  }
  for (const auto& [name, value] : response.headers) {
    if (is_token(name) && is_field_value(value) && !is_connection_specific(name)) {
      fields.push_back(field(name, value, NGHTTP2_NV_FLAG_NONE));
    }
  }
  nghttp2_data_provider provider{.source = {.ptr = &stream}, .read_callback = &Http2::read_body};
  const bool data = with_body && (stream.streaming || !response.bytes().empty());
  nghttp2_submit_response(session_.get(), id, fields.data(), fields.size(),
                          data ? &provider : nullptr);
}

ssize_t Http2::read_body(nghttp2_session* /*session*/, std::int32_t /*id*/, std::uint8_t* buffer,
                         std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                         void* /*user*/) {
  auto& stream = *static_cast<Http2Stream*>(source->ptr);
  const std::string_view unsent = stream.unsent();
  if (unsent.empty() && !stream.ended) {
    stream.waits = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  const std::size_t part = std::min(size, unsent.size());
  const bool last = stream.ended && part == unsent.size();
  std::memcpy(buffer, unsent.data(), part);
  stream.sent += part;
  if (!stream.streaming) {
    stream.since = std::chrono::steady_clock::now();
  } else if (stream.sent == stream.queue.size() && stream.queue.capacity() > compact_bytes) {
    std::string().swap(stream.queue);
    stream.sent = 0;
  }
  if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(part);
}

void Http2::resume(std::int32_t id) {
  auto* stream = find(id);
  if (stream == nullptr) return;
  if (std::exchange(stream->waits, false)) nghttp2_session_resume_data(session_.get(), id);
  connection_.turn_soon();
}

void Http2::reset(std::int32_t id, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
  connection_.turn_soon();
}

void Http2::drain() {
  draining_ = true;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  for (const auto& [id, stream] : streams_) {
    if (stream->streaming) stream->finish();
  }
  connection_.turn_soon();
}

void Http2::tick(Instant now) {
  control_frames_ = 0;
  if (!greeted_ && now - since_ >= options().head_timeout) return connection_.close_soon();
  if (streams_.empty() && now - since_ >= options().idle_timeout) {
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
    connection_.turn_soon();
  }
  for (const auto& [id, stream] : streams_) check_stream(id, *stream, now);
}

void Http2::check_stream(std::int32_t id, Http2Stream& stream, Instant now) {
  const auto age = now - stream.since;
  switch (stream.stage) {
    case Http2Stream::Stage::head:
      // In the middle of a header block nothing else can be said to this peer.
      if (age >= options().head_timeout) connection_.close_soon();
      break;
    case Http2Stream::Stage::body:
      if (age >= options().body_timeout) {
        refuse(id, stream, 408, "request body took too long");
        connection_.turn_soon();
      }
      break;
    case Http2Stream::Stage::answering:
      if (!stream.streaming && age >= options().body_timeout) {
        reset(id, stream.refused ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
      }
      break;
    case Http2Stream::Stage::handling:
      if (age >= options().request_timeout) {
        answer(id, connection_.shard().error_response(504, request_took_too_long));
      }
      break;
  }
}

void Http2::on_gone() {
  failed_ = true;
  // Moved out first: a stream that goes may still call its sink.
  const auto gone = std::move(streams_);
  streams_.clear();
}

std::unique_ptr<Protocol> make_http2(Connection& connection) {
  return std::make_unique<Http2>(connection);
}

}  // namespace signet::net
