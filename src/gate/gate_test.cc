#include "gate/gate.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "gate/gate_fixture_for_tests.h"
#include "gate/proto/external_auth.grpc.pb.h"
#include "net/unix_socket.h"

namespace signet::gate {
namespace {

namespace auth = envoy::service::auth::v3;
using ::testing::Contains;
using ::testing::HasSubstr;

class GateTest : public ::testing::Test {
 protected:
  GateTest() : socket_(::testing::TempDir() + "gate-" + std::to_string(::getpid()) + ".sock") {}
  ~GateTest() override { ::unlink((socket_ + ".lock").c_str()); }

  Result<void> start(Options options) {
    auto started = Gate::start(std::move(options), world_.world());
    if (!started) return std::unexpected(started.error());
    gate_ = *std::move(started);
    return {};
  }
  void start_grpc() {
    ASSERT_TRUE(start({.grpc = {Place{.unix_path = socket_}}, .loops = 1}));
    stub_ = auth::Authorization::NewStub(
        grpc::CreateChannel("unix:" + socket_, grpc::InsecureChannelCredentials()));
  }
  auth::CheckResponse check(const auth::CheckRequest& request) {
    grpc::ClientContext context;
    auth::CheckResponse response;
    const auto status = stub_->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static auth::CheckRequest request(std::string_view authorization = "Bearer good",
                                    std::string_view route = "payments") {
    auth::CheckRequest request;
    auto& attributes = *request.mutable_attributes();
    auto& http = *attributes.mutable_request()->mutable_http();
    http.set_path("/orders/7");
    if (!authorization.empty()) {
      (*http.mutable_headers())["authorization"] = std::string(authorization);
    }
    if (!route.empty()) {
      (*attributes.mutable_context_extensions())["route"] = std::string(route);
    }
    return request;
  }
  static Place loopback() { return {.host = "127.0.0.1", .port = 0}; }

  std::string socket_;
  testing::GateWorld world_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<auth::Authorization::Stub> stub_;
};

// K-1 109.
TEST_F(GateTest, grpc_allows_denies_and_cannot_know) {
  start_grpc();
  auto spoofed = request();
  auto& headers =
      *spoofed.mutable_attributes()->mutable_request()->mutable_http()->mutable_headers();
  headers["x-auth-subject"] = "root";
  headers["x_auth_namespace"] = "kube-system";
  const auto allowed = check(spoofed);
  EXPECT_EQ(allowed.status().code(), 0);
  EXPECT_THAT(allowed.ok_response().headers_to_remove(), Contains("x_auth_namespace"));
  EXPECT_THAT(allowed.ok_response().headers_to_remove(), Contains("authorization"));
  EXPECT_EQ(allowed.ok_response().headers(0).header().value(), "k8s/prod-eu/ns/shop/sa/cart");
  EXPECT_EQ(check(request("Bearer bad")).denied_response().status().code(), 401);
  EXPECT_EQ(check(request("")).denied_response().status().code(), 401);
  world_.party.verdicts["later"] =
      std::unexpected(testing::refused(party::Refusal::keys_unavailable, std::chrono::seconds{3}));
  EXPECT_EQ(check(request("Bearer later")).denied_response().status().code(), 503);
}

TEST_F(GateTest, grpc_takes_the_route_from_the_configuration_only) {
  start_grpc();
  EXPECT_EQ(check(request("Bearer good", "nosuch")).denied_response().status().code(), 403);
  EXPECT_EQ(check(request("Bearer good", "")).denied_response().status().code(), 403);
}

TEST_F(GateTest, grpc_reads_raw_headers_and_counts_them_one_by_one) {
  start_grpc();
  auto raw = request("");
  auto& map = *raw.mutable_attributes()->mutable_request()->mutable_http()->mutable_header_map();
  auto* header = map.add_headers();
  header->set_key("authorization");
  header->set_raw_value("Bearer good");
  EXPECT_EQ(check(raw).status().code(), 0);
  *map.add_headers() = map.headers(0);
  EXPECT_EQ(check(raw).denied_response().status().code(), 401);
}

TEST_F(GateTest, grpc_refuses_an_empty_request_and_goes_on) {
  start_grpc();
  EXPECT_EQ(check({}).denied_response().status().code(), 401);
  EXPECT_EQ(check(request()).status().code(), 0);
}

TEST_F(GateTest, grpc_refuses_a_request_that_is_too_large) {
  start_grpc();
  auto large = request();
  large.mutable_attributes()->mutable_request()->mutable_http()->set_path(
      std::string(300UL * 1024, 'a'));
  grpc::ClientContext context;
  auth::CheckResponse response;
  EXPECT_EQ(stub_->Check(&context, large, &response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// K-1 117.
TEST_F(GateTest, a_check_that_waits_when_the_gate_stops_is_answered) {
  start_grpc();
  world_.party.later = {"good"};
  auto answer = std::async(std::launch::async, [this] { return check(request()); });
  world_.party.wait_for_waiting(1);
  std::jthread stopping([this] { gate_->stop(); });
  world_.party.release();
  EXPECT_EQ(answer.get().status().code(), 0);
  stopping.join();
  EXPECT_NE(::access(socket_.c_str(), F_OK), 0) << "the socket stayed";
}

TEST_F(GateTest, a_socket_that_another_gate_serves_is_not_taken) {
  start_grpc();
  const auto second =
      Gate::start({.grpc = {Place{.unix_path = socket_}}, .loops = 1}, world_.world());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_EQ(check(request()).status().code(), 0);
}

int begin_get(std::uint16_t port, std::string_view path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto text = "GET " + std::string(path) + " HTTP/1.0\r\nAuthorization: Bearer good\r\n\r\n";
  ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  return fd;
}

std::string http_get(std::uint16_t port, std::string_view path) {
  const int fd = begin_get(port, path);
  std::string all;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;) {
    all.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ::close(fd);
  return all;
}

TEST_F(GateTest, a_check_whose_peer_has_gone_ends_before_the_gate_does) {
  ASSERT_TRUE(start({.http = {loopback()}, .loops = 1}));
  world_.party.later = {"good"};
  const int fd = begin_get(gate_->http_places().front().port, "/v1/auth_request/payments");
  world_.party.wait_for_waiting(1);
  ::close(fd);
  std::jthread stopping([this] { gate_->stop(); });
  world_.party.release();
  stopping.join();
  EXPECT_EQ(world_.party.waiting(), 0);
}

TEST_F(GateTest, the_operator_has_an_address_of_his_own) {
  ASSERT_TRUE(start({.http = {loopback()}, .admin = {loopback()}, .loops = 1}));
  const auto http = gate_->http_places().front().port;
  const auto admin = gate_->admin_places().front().port;
  EXPECT_THAT(http_get(http, "/v1/auth_request/payments"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(http_get(http, "/metrics"), HasSubstr(" 404 "));
  EXPECT_THAT(http_get(admin, "/v1/auth_request/payments"), HasSubstr(" 404 "));
  EXPECT_THAT(http_get(admin, "/healthz"), HasSubstr(" 200 "));
  EXPECT_THAT(http_get(admin, "/readyz"), HasSubstr(" 200 "));
  EXPECT_THAT(http_get(admin, "/status"), HasSubstr("\"ready\": true"));
  EXPECT_THAT(http_get(admin, "/metrics"),
              HasSubstr("signet_gate_checks_total{result=\"allowed\",surface=\"auth_request\"} 1"));
  world_.party.drain();
  EXPECT_THAT(http_get(admin, "/readyz"), HasSubstr(" 503 "));
  EXPECT_THAT(http_get(http, "/v1/auth_request/payments"), HasSubstr(" 200 ")) << "still answered";
}

TEST_F(GateTest, assertions_are_published_where_they_are_made) {
  ASSERT_TRUE(
      start({.http = {loopback()}, .assertion_issuer = "https://gate.example", .loops = 1}));
  const auto port = gate_->http_places().front().port;
  EXPECT_THAT(http_get(port, "/v1/auth_request/payments"), HasSubstr("x-auth-assertion: eyJ"));
  EXPECT_THAT(http_get(port, "/v1/assertion/jwks"), HasSubstr("\"keys\""));
}

TEST_F(GateTest, options_that_make_no_sense_are_refused) {
  const Place open{.host = "0.0.0.0", .port = 0};
  EXPECT_FALSE(start({}));
  EXPECT_FALSE(start({.grpc = {open}}));
  EXPECT_FALSE(start({.http = {open}}));
  EXPECT_FALSE(start({.http = {loopback()}, .header_prefix = "X"}));
  EXPECT_FALSE(start({.http = {loopback()}, .tls = {.certificate = "a", .key = ""}}));
  EXPECT_FALSE(start({.http = {loopback()}, .tls = {.client_ca = "a"}}));
  EXPECT_FALSE(start({.http = {loopback()}, .tls = {.certificate = "/nosuch", .key = "/nosuch"}}));
  EXPECT_TRUE(start({.http = {open}, .insecure_without_tls = true, .loops = 1}));
}

}  // namespace
}  // namespace signet::gate
