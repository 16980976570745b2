// Asks a gate over Envoy's gRPC protocol, on one HTTP/2 connection, as Envoy would:
//
//   gate_load SOCKET TOKEN_FILE ROUTE SECONDS OUTSTANDING RATE
//
// SOCKET is the path of the gate's socket file. With RATE 0, OUTSTANDING calls are kept going; else
// RATE calls a second begin on time, whatever became of the others, and a latency counts from when
// its call was due. Says "CHECKS SECONDS P50_US P99_US" and fails when anything was not allowed.
//
// One thread that never sleeps, and nghttp2 without a gRPC library: what is measured is the gate.
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gate/proto/external_auth.pb.h"

namespace {

namespace auth = envoy::service::auth::v3;
using Clock = std::chrono::steady_clock;

[[noreturn]] void die(std::string_view why) {
  std::cerr << "gate_load: " << why << '\n';
  std::exit(1);
}

// A message with gRPC's prefix: not compressed, its length.
std::string framed(const std::string& message) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(message.size() >> shift);
  }
  return out + message;
}

std::string check_of(const std::string& token, const std::string& route) {
  auth::CheckRequest request;
  auto& attributes = *request.mutable_attributes();
  (*attributes.mutable_context_extensions())["route"] = route;
  auto& http = *attributes.mutable_request()->mutable_http();
  http.set_path("/orders/7?full=1");
  auto& headers = *http.mutable_headers();
  headers["authorization"] = "Bearer " + token;
  headers[":authority"] = "shop.example";
  headers[":method"] = "GET";
  headers["user-agent"] = "gate_load";
  headers["accept"] = "application/json";
  headers["x-request-id"] = "2f4c5e1a-54c1-4c1b-9a36-0d1f6b9d7a11";
  return framed(request.SerializeAsString());
}

int connected(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) die("the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("cannot connect");
  }
  return descriptor;
}

class Load {
 public:
  Load(const std::string& path, std::string check)
      : descriptor_(connected(path)), check_(std::move(check)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~Load() {
    nghttp2_session_del(session_);
    ::close(descriptor_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Once it ends, another one begins while `again_` says so.
  void begin(Clock::time_point due) {
    auto call = std::make_unique<Call>();
    call->due = due;
    nghttp2_data_provider body{};
    body.source.ptr = this;
    body.read_callback = read_body;
    nghttp2_submit_request(session_, nullptr, headers_.data(), headers_.size(), &body,
                           call.release());
    ++running_;
  }

  // Sends what is to be sent and takes what has come; does not wait.
  void turn() {
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      out_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    const auto sent = ::send(descriptor_, out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
    const auto got = ::recv(descriptor_, in_.data(), in_.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) die("the gate hung up");
    if (got > 0 &&
        nghttp2_session_mem_recv(session_, in_.data(), static_cast<std::size_t>(got)) < 0) {
      die("that was not HTTP/2");
    }
  }

  void keep_going(bool again) { again_ = again; }
  int running() const { return running_; }
  std::vector<std::int64_t>& latencies_us() { return latencies_us_; }

 private:
  struct Call {
    Clock::time_point due;
    std::size_t sent = 0;  // of the check
    std::string answer;
    bool ok = false;
  };

  static nghttp2_nv header(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* out,
                           std::size_t space, std::uint32_t* flags, nghttp2_data_source* source,
                           void*) {
    const auto rest = std::string_view(static_cast<Load*>(source->ptr)->check_)
                          .substr(call_of(session, stream)->sent);
    const auto part = rest.substr(0, space);
    std::ranges::copy(part, out);
    call_of(session, stream)->sent += part.size();
    if (part.size() == rest.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part.size());
  }

  static Call* call_of(nghttp2_session* session, std::int32_t stream) {
    return static_cast<Call*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                     const std::uint8_t* data, std::size_t size, void*) {
    call_of(session, stream)->answer.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) {
    const std::string_view name_text(reinterpret_cast<const char*>(name), name_size);
    const std::string_view value_text(reinterpret_cast<const char*>(value), value_size);
    if (name_text == "grpc-status") call_of(session, frame->hd.stream_id)->ok = value_text == "0";
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t, void* self) {
    auto& load = *static_cast<Load*>(self);
    const std::unique_ptr<Call> call(call_of(session, stream));
    auth::CheckResponse response;
    if (!call->ok || call->answer.size() < 5 ||
        !response.ParseFromArray(call->answer.data() + 5,
                                 static_cast<int>(call->answer.size() - 5)) ||
        response.status().code() != 0) {
      die("a check was not allowed");
    }
    const auto took = Clock::now() - call->due;
    load.latencies_us_.push_back(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    --load.running_;
    if (load.again_) load.begin(Clock::now());
    return 0;
  }

  int descriptor_;
  std::string check_;
  std::array<nghttp2_nv, 7> headers_{header(":method", "POST"),
                                     header(":scheme", "http"),
                                     header(":path", "/envoy.service.auth.v3.Authorization/Check"),
                                     header(":authority", "gate"),
                                     header("te", "trailers"),
                                     header("content-type", "application/grpc"),
                                     header("user-agent", "gate_load")};
  nghttp2_session* session_ = nullptr;
  std::string out_;
  std::array<std::uint8_t, 65'536> in_{};
  bool again_ = false;
  int running_ = 0;
  std::vector<std::int64_t> latencies_us_;
};

void offer(Load& load, Clock::time_point end, int rate) {
  const auto gap = std::chrono::nanoseconds{std::chrono::seconds{1}} / rate;
  for (auto due = Clock::now(); due < end; load.turn()) {
    for (; due <= Clock::now(); due += gap) load.begin(due);
  }
}

void saturate(Load& load, Clock::time_point end, int outstanding) {
  load.keep_going(true);
  for (int i = 0; i < outstanding; ++i) load.begin(Clock::now());
  while (Clock::now() < end) load.turn();
  load.keep_going(false);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "gate_load SOCKET TOKEN_FILE ROUTE SECONDS OUTSTANDING RATE\n";
    return 2;
  }
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string token;
  std::ifstream(arguments[1]) >> token;
  const std::chrono::seconds length{std::stoi(arguments[3])};
  const int outstanding = std::stoi(arguments[4]);
  const int rate = std::stoi(arguments[5]);

  Load load(arguments[0], check_of(token, arguments[2]));
  const auto start = Clock::now();
  if (rate > 0) {
    offer(load, start + length, rate);
  } else {
    saturate(load, start + length, outstanding);
  }
  while (load.running() > 0) load.turn();
  const std::chrono::duration<double> took = Clock::now() - start;
  auto& latencies = load.latencies_us();
  std::ranges::sort(latencies);
  const auto at = [&](std::size_t percent) {
    return latencies[(latencies.size() - 1) * percent / 100];
  };
  std::cout << latencies.size() << ' ' << took.count() << ' ' << at(50) << ' ' << at(99) << '\n';
  return 0;
}
