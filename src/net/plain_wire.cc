#include <sys/socket.h>

#include <cerrno>

#include "net/wire_impl.h"

namespace signet::net {
namespace {

class PlainWire final : public Wire {
 public:
  explicit PlainWire(int fd) : fd_(fd) {}

  bool needs_handshake() const override { return false; }
  State handshake() override { return State::done; }

  Moved read(std::span<char> into) override {
    const auto size = ::recv(fd_, into.data(), into.size(), 0);
    if (size == 0) return {.state = State::ended};
    return size > 0 ? moved(size) : stopped(State::wants_read);
  }
  Moved write(std::string_view bytes) override {
    const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return size > 0 ? moved(size) : stopped(State::wants_write);
  }

  bool has_pending() const override { return false; }
  void say_end() override {}
  void leave() override {}

  std::shared_ptr<const PeerCertificate> peer() const override { return nullptr; }
  std::chrono::seconds peer_life_left() const override { return certificate_life_longest; }
  bool speaks_http2() const override { return false; }

 private:
  static Moved moved(ssize_t size) { return {.bytes = static_cast<std::size_t>(size)}; }
  static Moved stopped(State wanted) {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return {.state = later ? wanted : State::failed};
  }

  int fd_;
};

}  // namespace

std::unique_ptr<Wire> make_plain_wire(int fd) {
  return std::make_unique<PlainWire>(fd);
}

}  // namespace signet::net
