#include "signer/grpc_client.h"

#include <grpcpp/grpcpp.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "signer/external_jwt_signer.grpc.pb.h"

namespace signet::signer {
namespace {

using Steady = std::chrono::steady_clock;

// As Go's codes.Code prints itself: what Kubernetes puts into the label `code`.
constexpr std::array<std::string_view, 17> code_names{
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string_view code_name(const grpc::Status& status) {
  const auto code = static_cast<std::size_t>(status.error_code());
  return code < code_names.size() ? code_names[code] : "Unknown";
}

// The signer's own words may be anything, so only what went wrong is told.
Error to_error(const grpc::Status& status, std::string_view method) {
  switch (status.error_code()) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {ErrorKind::unavailable,
              cat("the external signer did not answer ", method, " in time")};
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
      return {ErrorKind::unavailable, cat("the external signer went away during ", method)};
    default:
      return {ErrorKind::internal,
              cat("the external signer answered ", method, " with ", code_name(status))};
  }
}

// What was cut off is asked again within its deadline: no call here does harm when made twice.
constexpr std::string_view retry_policy =
    R"({"methodConfig":[{"name":[{"service":"v1.ExternalJWTSigner"}],"retryPolicy":{)"
    R"("maxAttempts":5,"initialBackoff":"0.3s","maxBackoff":"3s","backoffMultiplier":2,)"
    R"("retryableStatusCodes":["UNAVAILABLE"]}}]})";

class Meter {
 public:
  explicit Meter(telemetry::Registry& metrics) : metrics_(metrics) {}

  void count(std::string_view method, const grpc::Status& status, Steady::time_point began) {
    const auto code = code_name(status);
    const auto requests = [&](std::string_view name, std::string_view help) {
      metrics_.counter(name, help, {{"code", code}}).add();
    };
    if (method == "FetchKeys") {
      requests("apiserver_externaljwt_fetch_keys_request_total",
               "Times keys were fetched from the external signer, by what came of it.");
    }
    if (method == "Sign") {
      requests("apiserver_externaljwt_sign_request_total",
               "Tokens the external signer was asked for, by what came of it.");
    }
    metrics_
        .histogram("apiserver_externaljwt_request_duration_seconds",
                   "How long the external signer took.", telemetry::duration_buckets(),
                   {{"method", method}, {"code", code}})
        .observe(std::chrono::duration<double>(Steady::now() - began).count());
  }

 private:
  telemetry::Registry& metrics_;
};

struct SignCall {
  grpc::ClientContext context;
  v1::SignJWTRequest request;
  v1::SignJWTResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::SignJWTResponse>> reader;
  RemoteSigner::OnSigned done;
  Steady::time_point began = Steady::now();
};

class GrpcSigner final : public RemoteSigner {
 public:
  GrpcSigner(const std::string& target, telemetry::Registry& metrics) : meter_(metrics) {
    constexpr int retry_first_ms = 100;
    constexpr int retry_last_ms = 1000;
    grpc::ChannelArguments arguments;
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "localhost");
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, retry_first_ms);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, retry_first_ms);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, retry_last_ms);
    arguments.SetServiceConfigJSON(std::string(retry_policy));
    stub_ = v1::ExternalJWTSigner::NewStub(
        grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments));
    completer_ = std::jthread([this] { complete_calls(); });
  }
  GrpcSigner(const GrpcSigner&) = delete;
  GrpcSigner& operator=(const GrpcSigner&) = delete;
  ~GrpcSigner() override { stop(); }

  Result<RemoteKeys> fetch_keys(Milliseconds deadline) override;
  Result<std::chrono::seconds> longest_lifetime(Milliseconds deadline) override;
  void sign(std::string claims, Milliseconds deadline, OnSigned done) override;
  void stop() override;

 private:
  template <typename Response, typename Call>
  Result<Response> wait_for(std::string_view method, Milliseconds deadline, Call call);
  void complete_calls();
  std::unique_ptr<SignCall> take(void* tag);
  bool enter(grpc::ClientContext& context);
  void leave(grpc::ClientContext& context);

  Meter meter_;
  std::unique_ptr<v1::ExternalJWTSigner::Stub> stub_;
  // A queue and a thread of our own: the ones behind gRPC's callbacks can abort the process when
  // the last channel goes (1.51).
  grpc::CompletionQueue queue_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::unordered_set<grpc::ClientContext*> calls_;  // under mutex_
  bool stopped_ = false;                            // likewise
  std::jthread completer_;
};

void prepare(grpc::ClientContext& context, RemoteSigner::Milliseconds deadline) {
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + deadline);
}

bool GrpcSigner::enter(grpc::ClientContext& context) {
  const std::scoped_lock lock(mutex_);
  if (!stopped_) calls_.insert(&context);
  return !stopped_;
}

void GrpcSigner::leave(grpc::ClientContext& context) {
  const std::scoped_lock lock(mutex_);
  calls_.erase(&context);
  idle_.notify_all();
}

void GrpcSigner::stop() {
  {
    std::unique_lock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    for (auto* call : calls_) call->TryCancel();
    idle_.wait(lock, [this] { return calls_.empty(); });
  }
  queue_.Shutdown();
  completer_.join();
}

template <typename Response, typename Call>
Result<Response> GrpcSigner::wait_for(std::string_view method, Milliseconds deadline, Call call) {
  grpc::ClientContext context;
  prepare(context, deadline);
  if (!enter(context)) return fail(ErrorKind::unavailable, "the server is stopping");
  const auto began = Steady::now();
  Response response;
  const grpc::Status status = call(context, response);
  meter_.count(method, status, began);
  leave(context);
  if (!status.ok()) return std::unexpected(to_error(status, method));
  return response;
}

Result<RemoteKeys> GrpcSigner::fetch_keys(Milliseconds deadline) {
  TRY(auto response,
      wait_for<v1::FetchKeysResponse>("FetchKeys", deadline, [this](auto& context, auto& answer) {
        return stub_->FetchKeys(&context, v1::FetchKeysRequest(), &answer);
      }));
  RemoteKeys keys{.keys = {},
                  .timestamp_seconds = response.data_timestamp().seconds(),
                  .timestamp_nanos = response.data_timestamp().nanos(),
                  .has_timestamp = response.has_data_timestamp(),
                  .refresh_hint_seconds = response.refresh_hint_seconds()};
  keys.keys.reserve(static_cast<std::size_t>(response.keys_size()));
  for (auto& key : *response.mutable_keys()) {
    keys.keys.push_back({.id = std::move(*key.mutable_key_id()),
                         .spki = std::move(*key.mutable_key()),
                         .unpublished = key.exclude_from_oidc_discovery()});
  }
  return keys;
}

Result<std::chrono::seconds> GrpcSigner::longest_lifetime(Milliseconds deadline) {
  TRY(const auto response,
      wait_for<v1::MetadataResponse>("Metadata", deadline, [this](auto& context, auto& answer) {
        return stub_->Metadata(&context, v1::MetadataRequest(), &answer);
      }));
  return std::chrono::seconds{response.max_token_expiration_seconds()};
}

void GrpcSigner::sign(std::string claims, Milliseconds deadline, OnSigned done) {
  auto call = std::make_unique<SignCall>();
  call->request.set_claims(std::move(claims));
  call->done = std::move(done);
  prepare(call->context, deadline);
  {
    const std::scoped_lock lock(mutex_);
    if (!stopped_) {
      calls_.insert(&call->context);
      call->reader = stub_->AsyncSign(&call->context, call->request, &queue_);
      auto* const tag = call.release();
      tag->reader->Finish(&tag->response, &tag->status, tag);
      return;
    }
  }
  call->done(fail(ErrorKind::unavailable, "the server is stopping"));
}

// Under the lock that it was handed over under, which orders what sign() wrote before what is read.
std::unique_ptr<SignCall> GrpcSigner::take(void* tag) {
  const std::scoped_lock lock(mutex_);
  return std::unique_ptr<SignCall>(static_cast<SignCall*>(tag));
}

void GrpcSigner::complete_calls() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    const auto call = take(tag);
    meter_.count("Sign", call->status, call->began);
    if (call->status.ok()) {
      call->done(RemoteSignature{.header = std::move(*call->response.mutable_header()),
                                 .signature = std::move(*call->response.mutable_signature())});
    } else {
      call->done(std::unexpected(to_error(call->status, "Sign")));
    }
    leave(call->context);
  }
}

}  // namespace

Result<std::unique_ptr<RemoteSigner>> dial(const std::string& endpoint,
                                           telemetry::Registry& metrics) {
  if (endpoint.empty() || endpoint == "@") {
    return fail(ErrorKind::invalid, "the signing endpoint must be a path or @NAME");
  }
  const auto target =
      endpoint.front() == '@' ? cat("unix-abstract:", endpoint.substr(1)) : cat("unix:", endpoint);
  return std::make_unique<GrpcSigner>(target, metrics);
}

}  // namespace signet::signer
