// HTTP/2 on one connection: libnghttp2 frames, we keep the streams.
//
// Limits   streams at once, header list, body of a stream and of all streams together, resets and
//          control frames in a while: what the rapid-reset and flood attacks live on.
// Source   RFC 9113.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/release.h"
#include "net/connection_impl.h"

namespace signet::net {

class Http2;

// One exchange.
struct Http2Stream final : StreamSink {
  enum class Stage { head, body, handling, answering };

  Http2Stream(Http2& owner, BodyBudget& bodies, std::int32_t number, Instant now)
      : session(owner), id(number), since(now), hold(bodies) {}
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;
  ~Http2Stream() override {
    if (abandoned) *abandoned = true;
  }

  bool write(std::string_view bytes) override;
  void finish() override;

  std::string_view unsent() const {
    return (streaming ? std::string_view(queue) : response.bytes()).substr(sent);
  }

  Http2& session;
  std::int32_t id;
  Stage stage = Stage::head;
  Instant since;  // of the last progress
  Request request;
  BodyHold hold;  // of the request's body
  std::size_t head_bytes = 0;
  Response response;
  std::string queue;
  std::size_t sent = 0;       // of the queue, or of the response's bytes
  std::size_t discarded = 0;  // bytes of a refused request
  bool head_only = false;     // the request was HEAD
  bool refused = false;       // what else of the request arrives is thrown away
  bool streaming = false;
  bool ended = false;  // nothing will be added to the queue
  bool waits = false;  // nghttp2 was told that there is nothing to send now
  // Outlives the stream, because handlers look at it.
  std::shared_ptr<bool> abandoned;
  std::unique_ptr<BodyStream> body;  // last, so that it goes first
};

class Http2 final : public Protocol {
 public:
  explicit Http2(Connection& connection);
  ~Http2() override;

  void on_input(std::string_view bytes) override;
  void on_end_of_input() override;
  void advance() override;
  bool wants_input() const override;
  void drain() override;
  void tick(Instant now) override;
  void on_gone() override;

  // For streams.
  std::size_t queue_bytes_max() const { return options().stream_queue_bytes_max; }
  void resume(std::int32_t id);
  void reset(std::int32_t id, std::uint32_t code);

 private:
  using Session = std::unique_ptr<nghttp2_session, Release<nghttp2_session_del>>;

  static const nghttp2_session_callbacks* callbacks();
  static Session make_session(Http2* self);
  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                           std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                           void* user);

  Http2Stream* find(std::int32_t id);
  void on_begin(std::int32_t id);
  void on_header(Http2Stream& stream, std::string_view name, std::string_view value);
  void on_head_done(std::int32_t id, Http2Stream& stream);
  void on_data(std::int32_t id, Http2Stream& stream, std::string_view bytes);
  void discard(std::int32_t id, Http2Stream& stream, std::size_t size);
  void on_frame(const nghttp2_frame& frame);
  void on_closed(std::int32_t id);
  void dispatch(std::int32_t id, Http2Stream& stream);
  void answer(std::int32_t id, Response response);
  void refuse(std::int32_t id, Http2Stream& stream, int status, std::string_view message);
  void submit(std::int32_t id, Http2Stream& stream, bool with_body);
  void check_stream(std::int32_t id, Http2Stream& stream, Instant now);
  const ServerOptions& options() const { return connection_.shard().options(); }

  Connection& connection_;
  Session session_;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
  std::size_t body_bytes_ = 0;  // of requests not yet handed to their handler
  int control_frames_ = 0;      // since the last tick
  Instant since_;               // of the last stream
  bool greeted_ = false;        // the peer's SETTINGS came
  bool failed_ = false;
  bool draining_ = false;
};

}  // namespace signet::net
