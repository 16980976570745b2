// Both ends of the protocol, over a socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/cat.h"
#include "base/files.h"
#include "crypto/signature_verifier.h"
#include "signer/grpc_client.h"
#include "signer/grpc_server.h"
#include "signer/signer_fixture_for_tests.h"

namespace signet::signer {
namespace {

using fixture::encoded;
using fixture::test_key;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr seconds patience{30};
constexpr std::string_view claims = R"({"iss":"i","sub":"s","exp":2000})";

class Grpc : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file_durably(directory / "a", test_key(0).to_pem().reveal(), 0600));
    ASSERT_TRUE(write_file_durably(directory / "b", test_key(1).public_key().to_pem(), 0600));
    keys = SigningKeys::load(
               {.key_files = {directory / "a"}, .unpublished_files = {directory / "b"}}, clock)
               .value();
  }
  Result<std::unique_ptr<GrpcServer>> serve(mode_t mode = 0600) {
    return GrpcServer::start({.socket = socket,
                              .mode = mode,
                              .group = std::nullopt,
                              .refresh_hint = seconds{77},
                              .longest_lifetime = seconds{7200}},
                             *keys, clock);
  }
  std::unique_ptr<RemoteSigner> dialled() { return dial(socket, metrics).value(); }
  static Result<RemoteSignature> sign(RemoteSigner& remote, std::string text,
                                      milliseconds limit = patience) {
    // Shared: who waits may be gone before set_value() has returned.
    auto answer = std::make_shared<std::promise<Result<RemoteSignature>>>();
    auto future = answer->get_future();
    remote.sign(encoded(text), limit, [answer](auto got) { answer->set_value(std::move(got)); });
    return future.get();
  }

  fixture::TempDirectory directory;
  std::string socket = directory / "s";
  ManualClock clock{Instant(seconds{1000})};
  telemetry::Registry metrics;
  std::unique_ptr<SigningKeys> keys;
};

TEST_F(Grpc, keys_metadata_and_signatures_come_over_the_socket) {
  const auto server = serve();
  ASSERT_TRUE(server) << server.error().message;
  const auto remote = dialled();
  const auto fetched = remote->fetch_keys(patience);
  ASSERT_TRUE(fetched) << fetched.error().message;
  ASSERT_EQ(fetched->keys.size(), 2U);
  EXPECT_EQ(fetched->keys[0].id, jose::key_id(test_key(0).public_key()));
  EXPECT_EQ(fetched->keys[0].spki, test_key(0).public_key().spki_der());
  EXPECT_FALSE(fetched->keys[0].unpublished);
  EXPECT_TRUE(fetched->keys[1].unpublished);
  EXPECT_EQ(fetched->timestamp_seconds, 1000);
  EXPECT_EQ(fetched->refresh_hint_seconds, 77);
  EXPECT_EQ(remote->longest_lifetime(patience).value(), seconds{7200});

  const auto answer = sign(*remote, std::string(claims));
  ASSERT_TRUE(answer) << answer.error().message;
  const auto signature = codec::base64url_decode(answer->signature).value();
  EXPECT_TRUE(crypto::verify_signature(test_key(0).public_key(), {},
                                       cat(answer->header, '.', encoded(claims)), signature));
  EXPECT_THAT(metrics.text(), HasSubstr("apiserver_externaljwt_sign_request_total{code=\"OK\"} 1"));
  EXPECT_THAT(metrics.text(), HasSubstr("method=\"FetchKeys\""));
}

TEST_F(Grpc, what_is_no_token_is_refused_and_not_told_on) {
  const auto server = serve();
  const auto remote = dialled();
  const auto answer = sign(*remote, R"({"secret":"xyzzy"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "the external signer answered Sign with InvalidArgument");
  const auto large = sign(*remote, std::string(100'000, 'x'));
  EXPECT_EQ(large.error().message, "the external signer answered Sign with ResourceExhausted");
}

TEST_F(Grpc, the_socket_is_the_owners_unless_told_otherwise) {
  struct stat found{};
  for (const mode_t mode : {0600U, 0660U}) {
    const auto server = serve(mode);
    ASSERT_TRUE(server);
    ASSERT_EQ(::stat(socket.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, mode);
  }
  EXPECT_NE(::stat(socket.c_str(), &found), 0);
}

TEST_F(Grpc, a_second_instance_is_refused_and_a_dead_ones_socket_replaced) {
  {
    const auto first = serve();
    ASSERT_TRUE(first);
    const auto second = serve();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message, cat("another process serves ", socket));
    EXPECT_TRUE(sign(*dialled(), std::string(claims)));
  }
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  const auto next = serve();
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(sign(*dialled(), std::string(claims)));
}

TEST_F(Grpc, nothing_but_a_socket_is_replaced) {
  ASSERT_TRUE(write_file_durably(socket, "precious", 0600));
  const auto server = serve();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().message, cat(socket, " is there and is no socket"));
  EXPECT_EQ(read_file(socket, 100).value(), "precious");
  socket = directory / std::string(200, 's');
  EXPECT_THAT(serve().error().message, HasSubstr("1 to 107 bytes"));
}

TEST_F(Grpc, a_call_waits_for_a_signer_that_starts_later_or_again) {
  const auto remote = dialled();
  auto early = std::async(std::launch::async, [&] { return sign(*remote, std::string(claims)); });
  {
    const auto server = serve();
    EXPECT_TRUE(early.get());
  }
  auto between = std::async(std::launch::async, [&] { return remote->fetch_keys(patience); });
  const auto again = serve();
  const auto fetched = between.get();
  // It may have been cut off by the end of the first.
  EXPECT_TRUE(fetched || fetched.error().kind == ErrorKind::unavailable);
  EXPECT_TRUE(sign(*remote, std::string(claims)));
}

// Accepts connections and says nothing.
class Mute {
 public:
  explicit Mute(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
  }
  Mute(const Mute&) = delete;
  Mute& operator=(const Mute&) = delete;
  ~Mute() { ::close(listener_); }

 private:
  int listener_;
};

TEST_F(Grpc, a_signer_that_hangs_is_given_up_at_the_deadline) {
  const Mute mute(socket);
  const auto remote = dialled();
  EXPECT_EQ(remote->fetch_keys(milliseconds{50}).error().message,
            "the external signer did not answer FetchKeys in time");
  EXPECT_EQ(remote->longest_lifetime(milliseconds{50}).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(sign(*remote, std::string(claims), milliseconds{50}).error().message,
            "the external signer did not answer Sign in time");
  EXPECT_THAT(metrics.text(), HasSubstr("{code=\"DeadlineExceeded\"} 1"));
}

TEST_F(Grpc, stopping_ends_what_waits) {
  const Mute mute(socket);
  const auto remote = dialled();
  auto answer = std::make_shared<std::promise<Result<RemoteSignature>>>();
  remote->sign(encoded(claims), patience,
               [answer](auto got) { answer->set_value(std::move(got)); });
  auto fetching = std::async(std::launch::async, [&] { return remote->fetch_keys(patience); });
  remote->stop();
  EXPECT_EQ(answer->get_future().get().error().kind, ErrorKind::unavailable);
  EXPECT_FALSE(fetching.get());
  EXPECT_FALSE(sign(*remote, std::string(claims)));
  EXPECT_FALSE(remote->fetch_keys(patience));
}

TEST_F(Grpc, many_threads_sign_while_keys_change) {
  const auto server = serve();
  const auto remote = dialled();
  std::atomic<int> good = 0;
  constexpr int threads = 4;
  constexpr int each = 50;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        for (int n = 0; n < each; ++n) good += sign(*remote, std::string(claims)) ? 1 : 0;
      });
    }
    for (std::size_t i = 0; i < 20; ++i) {
      ASSERT_TRUE(write_file_durably(directory / "a",
                                     test_key(i % 2 == 0 ? 2 : 0).to_pem().reveal(), 0600));
      keys->look();
    }
  }
  EXPECT_EQ(good, threads * each);
}

}  // namespace
}  // namespace signet::signer
