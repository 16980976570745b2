// Opens many watches, each on a connection of its own, and changes objects under them:
//
//   watch_load PORT PKI_DIR WATCHES COLLECTION OBJECTS
//
// The objects are COLLECTION/bench-0 and so on; the watches are dealt out to them by field
// selector, so with one object every watch sees every change. Says "open" once every watch has its
// answer, then obeys one command a line on stdin:
//   change RATE SECONDS   patches the objects in turn so often a second, waits for every event, and
//                         says "EVENTS SECONDS P50_US P99_US" (from before a patch to its event)
// Ends with stdin. One thread: what is measured is the server.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(std::string_view why) {
  std::cerr << "watch_load: " << why << '\n';
  std::exit(1);
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
      .count();
}

class Connection {
 public:
  Connection(SSL_CTX* context, std::uint16_t port) : ssl_(SSL_new(context)) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      die("cannot connect");
    }
    SSL_set_fd(ssl_.get(), descriptor_);
    if (SSL_connect(ssl_.get()) != 1) die("no TLS");
  }
  Connection(Connection&& other) noexcept
      : ssl_(std::move(other.ssl_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        last_(other.last_) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int descriptor() const { return descriptor_; }

  void send(std::string_view bytes) {
    if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) die("not sent");
  }

  // Reads once; the text lives until the next read of any connection.
  std::string_view read() {
    static std::array<char, 32768> buffer;
    const int size = SSL_read(ssl_.get(), buffer.data(), buffer.size());
    if (size <= 0) die("a connection ended");
    return {buffer.data(), static_cast<std::size_t>(size)};
  }
  bool has_more() const { return SSL_has_pending(ssl_.get()) != 0; }

  // How many events end in `text`: each is a JSON document and a newline.
  std::size_t count_events(std::string_view text) {
    std::size_t events = last_ == '}' && text.front() == '\n' ? 1 : 0;
    for (auto at = text.find("}\n"); at != text.npos; at = text.find("}\n", at + 2)) ++events;
    last_ = text.back();
    return events;
  }

 private:
  std::unique_ptr<SSL, FreeSsl> ssl_;
  int descriptor_ = -1;
  char last_ = 0;
};

class Load {
 public:
  Load(std::uint16_t port, const std::string& pki, std::string collection, std::size_t objects)
      : context_(SSL_CTX_new(TLS_client_method())),
        collection_(std::move(collection)),
        objects_(objects),
        port_(port) {
    const auto certificate = pki + "/admin.crt";
    const auto key = pki + "/admin.key";
    if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
      die("no client certificate");
    }
    writer_ = std::make_unique<Connection>(context_.get(), port);
  }

  void open(std::size_t count) {
    poll_ = ::epoll_create1(0);
    watches_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      auto& watch = watches_.emplace_back(context_.get(), port_);
      watch.send("GET " + collection_ +
                 "?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dbench-" +
                 std::to_string(i % objects_) + " HTTP/1.1\r\nHost: bench\r\n\r\n");
      // The answer, and the object as it is.
      for (std::size_t events = 0; events == 0;) events = watch.count_events(watch.read());
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, watch.descriptor(), &event);
    }
  }

  void change(int rate, int seconds) {
    latencies_.clear();
    events_ = 0;
    const auto start = Clock::now();
    const auto step = std::chrono::nanoseconds(1'000'000'000 / rate);
    std::size_t wanted = 0;
    for (int i = 0; i < rate * seconds; ++i) {
      while (Clock::now() < start + i * step) receive(0);
      const auto object = static_cast<std::size_t>(i) % objects_;
      patch(object);
      wanted += (watches_.size() - object + objects_ - 1) / objects_;
      receive(0);
    }
    while (events_ < wanted) receive(1000);
    const std::chrono::duration<double> took = Clock::now() - start;
    std::ranges::sort(latencies_);
    const auto at = [&](double part) {
      return latencies_[static_cast<std::size_t>(part * double(latencies_.size() - 1))];
    };
    std::cout << events_ << ' ' << took.count() << ' ' << at(0.5) << ' ' << at(0.99) << std::endl;
  }

 private:
  void patch(std::size_t object) {
    const auto body = R"({"data":{"at":")" + std::to_string(now_us()) + "\"}}";
    writer_->send("PATCH " + collection_ + "/bench-" + std::to_string(object) +
                  " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/merge-patch+json\r\n"
                  "Content-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body);
    if (!writer_->read().starts_with("HTTP/1.1 200")) die("a patch was refused");
    while (writer_->has_more()) writer_->read();
  }

  void receive(int wait_ms) {
    std::array<epoll_event, 256> ready{};
    const int count = ::epoll_wait(poll_, ready.data(), ready.size(), wait_ms);
    for (int i = 0; i < count; ++i) {
      auto& watch = watches_[ready[static_cast<std::size_t>(i)].data.u64];
      do {
        const auto text = watch.read();
        events_ += watch.count_events(text);
        note_latency(text);
      } while (watch.has_more());
    }
  }

  void note_latency(std::string_view text) {
    constexpr std::string_view mark = R"("at":")";
    const auto at = text.rfind(mark);
    if (at == text.npos) return;
    std::int64_t sent = 0;
    const auto* digits = text.data() + at + mark.size();
    if (std::from_chars(digits, text.data() + text.size(), sent).ec == std::errc()) {
      latencies_.push_back(now_us() - sent);
    }
  }

  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::string collection_;
  std::size_t objects_;
  std::uint16_t port_;
  std::unique_ptr<Connection> writer_;
  std::vector<Connection> watches_;
  std::vector<std::int64_t> latencies_;
  std::size_t events_ = 0;
  int poll_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) die("usage: watch_load PORT PKI_DIR WATCHES COLLECTION OBJECTS");
  Load load(static_cast<std::uint16_t>(std::stoi(argv[1])), argv[2], argv[4], std::stoul(argv[5]));
  load.open(std::stoul(argv[3]));
  std::cout << "open" << std::endl;
  std::string word;
  for (int rate = 0, seconds = 0; std::cin >> word >> rate >> seconds;) load.change(rate, seconds);
}
