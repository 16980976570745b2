// Asks a gate over Envoy's gRPC protocol, as Envoy would:
//
//   gate_load TARGET TOKEN_FILE ROUTE SECONDS OUTSTANDING RATE
//
// TARGET is a gRPC name (unix:/run/gate.sock). With RATE 0, OUTSTANDING calls are kept going; else
// RATE calls a second begin on time, whatever became of the others, and a latency counts from when
// its call was due. Says "CHECKS SECONDS P50_US P99_US" and fails when anything was not allowed.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gate/proto/external_auth.grpc.pb.h"

namespace {

namespace auth = envoy::service::auth::v3;
using Clock = std::chrono::steady_clock;

struct Call {
  grpc::ClientContext context;
  auth::CheckResponse response;
  Clock::time_point due;
};

class Load {
 public:
  Load(const std::string& target, const std::string& token, const std::string& route)
      : stub_(auth::Authorization::NewStub(
            grpc::CreateChannel(target, grpc::InsecureChannelCredentials()))) {
    auto& attributes = *request_.mutable_attributes();
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
  }

  // Begins a call; once it ends, `then` begins the next one or nothing.
  void begin(Clock::time_point due, bool go_on) {
    ++running_;
    auto* call = new Call{.context = {}, .response = {}, .due = due};
    stub_->async()->Check(&call->context, &request_, &call->response,
                          [this, call, go_on](const grpc::Status& status) {
                            end(std::unique_ptr<Call>(call), status, go_on);
                          });
  }

  void stop() { stopping_ = true; }
  void wait() const {
    while (running_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  bool all_allowed() const { return !failed_; }

  std::vector<std::int64_t> latencies_us() {
    const std::scoped_lock lock(mutex_);
    std::ranges::sort(latencies_us_);
    return latencies_us_;
  }

 private:
  void end(std::unique_ptr<Call> call, const grpc::Status& status, bool go_on) {
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - call->due);
    if (!status.ok() || call->response.status().code() != 0) failed_ = true;
    {
      const std::scoped_lock lock(mutex_);
      latencies_us_.push_back(took.count());
    }
    if (go_on && !stopping_) begin(Clock::now(), true);
    --running_;
  }

  std::unique_ptr<auth::Authorization::Stub> stub_;
  auth::CheckRequest request_;
  std::atomic<int> running_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::vector<std::int64_t> latencies_us_;
};

void offer(Load& load, Clock::time_point start, std::chrono::seconds length, int rate) {
  const auto gap = std::chrono::nanoseconds{std::chrono::seconds{1}} / rate;
  for (auto due = start; due < start + length; due += gap) {
    std::this_thread::sleep_until(due);
    load.begin(due, false);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::cerr << "gate_load TARGET TOKEN_FILE ROUTE SECONDS OUTSTANDING RATE\n";
    return 2;
  }
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string token;
  std::ifstream(arguments[1]) >> token;
  const std::chrono::seconds length{std::stoi(arguments[3])};
  const int outstanding = std::stoi(arguments[4]);
  const int rate = std::stoi(arguments[5]);

  Load load(arguments[0], token, arguments[2]);
  const auto start = Clock::now();
  if (rate > 0) {
    offer(load, start, length, rate);
  } else {
    for (int i = 0; i < outstanding; ++i) load.begin(Clock::now(), true);
    std::this_thread::sleep_until(start + length);
  }
  load.stop();
  load.wait();
  const std::chrono::duration<double> took = Clock::now() - start;
  const auto latencies = load.latencies_us();
  if (latencies.empty() || !load.all_allowed()) {
    std::cerr << "gate_load: not every check was allowed\n";
    return 1;
  }
  const auto at = [&](std::size_t percent) {
    return latencies[(latencies.size() - 1) * percent / 100];
  };
  std::cout << latencies.size() << ' ' << took.count() << ' ' << at(50) << ' ' << at(99) << '\n';
  return 0;
}
