// What nghttp2 calls: each callback finds its stream and hands over to Http2.
#include "net/http2_impl.h"

namespace signet::net {
namespace {

constexpr std::size_t acknowledgements_max = 1000;
// Streams that the peer may reset: at once, and refilled a second.
constexpr std::uint64_t resets_burst = 500;
constexpr std::uint64_t resets_a_second = 50;

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

Http2& self_of(void* user) {
  return *static_cast<Http2*>(user);
}

}  // namespace

const nghttp2_session_callbacks* Http2::callbacks() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* set = nullptr;
    nghttp2_session_callbacks_new(&set);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            self_of(user).on_begin(frame->hd.stream_id);
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                std::uint8_t, void* user) {
          // Others are trailers.
          if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            return 0;
          }
          if (auto* stream = self_of(user).find(frame->hd.stream_id)) {
            self_of(user).on_header(*stream, view(name, name_size), view(value, value_size));
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        set, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                std::size_t size, void* user) {
          if (auto* stream = self_of(user).find(id)) {
            self_of(user).on_data(id, *stream, view(data, size));
          }
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        set, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          self_of(user).on_frame(*frame);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        set, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
          self_of(user).on_closed(id);
          return 0;
        });
    return set;
  }();
  return made;
}

Http2::Session Http2::make_session(Http2* self) {
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_max_outbound_ack(option, acknowledgements_max);
  nghttp2_option_set_stream_reset_rate_limit(option, resets_burst, resets_a_second);
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new2(&session, callbacks(), self, option);
  nghttp2_option_del(option);
  return Session(session);
}

}  // namespace signet::net
