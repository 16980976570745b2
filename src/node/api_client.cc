#include "node/api_client.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/client.h"

namespace signet::node {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{16} * 1024 * 1024;
constexpr std::size_t event_bytes_max = std::size_t{3} * 1024 * 1024;
constexpr std::size_t excerpt_bytes_max = 200;

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthenticated;
    case 403:
      return ErrorKind::forbidden;
    case 404:
    case 410:
      return ErrorKind::not_found;
    case 409:
    case 412:
      return ErrorKind::conflict;
    case 408:
    case 429:
      return ErrorKind::unavailable;
    default:
      return status >= 500 ? ErrorKind::unavailable : ErrorKind::invalid;
  }
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

// Splits a stream into lines, each one event.
class EventLines {
 public:
  explicit EventLines(const std::function<bool(codec::Json)>& event) : event_(event) {}

  // False once no more is wanted; result() says why.
  bool feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      pending_ += bytes.substr(0, end);
      if (pending_.size() > event_bytes_max) {
        result_ = fail(ErrorKind::exhausted,
                       cat("watch: an event is larger than ", event_bytes_max, " bytes"));
        return false;
      }
      if (end == std::string_view::npos) return true;
      bytes.remove_prefix(end + 1);
      if (!take_line()) return false;
    }
    return true;
  }

  const Result<void>& result() const { return result_; }

 private:
  bool take_line() {
    const auto line = std::exchange(pending_, {});
    if (line.find_first_not_of(" \r\t") == std::string::npos) return true;
    auto parsed = codec::parse_json(line, {.bytes_max = event_bytes_max});
    if (!parsed) {
      result_ = in_context("watch", std::move(parsed).error());
      return false;
    }
    return event_(std::move(parsed->value));
  }

  const std::function<bool(codec::Json)>& event_;
  std::string pending_;
  Result<void> result_;
};

}  // namespace

struct HttpTransport::Impl {
  ApiOptions options;
  net::HttpClient client;
  std::chrono::steady_clock::time_point connect_again;
  std::string refusal;

  explicit Impl(ApiOptions given)
      : options(std::move(given)),
        client({.ca_pem = options.ca_pem,
                .certificate_pem = options.certificate_pem,
                .key_pem = options.key_pem,
                .timeout = options.timeout,
                .body_bytes_max = answer_bytes_max}) {
    while (options.server.ends_with('/')) options.server.pop_back();
  }

  net::ClientRequest wire(const ApiRequest& request) const {
    net::ClientRequest out;
    out.method = request.method;
    out.url = options.server + request.target;
    out.body = request.body;
    out.headers.emplace_back("accept", "application/json");
    out.headers.emplace_back("user-agent", options.user_agent);
    if (!request.content_type.empty()) {
      out.headers.emplace_back("content-type", request.content_type);
    }
    if (!options.token.empty())
      out.headers.emplace_back("authorization", "Bearer " + options.token);
    return out;
  }

  Result<ApiReply> run(const std::function<Result<net::ClientResponse>()>& exchange) {
    if (!refusal.empty() && std::chrono::steady_clock::now() < connect_again) {
      return fail(ErrorKind::unavailable, refusal);
    }
    auto reply = exchange();
    if (!reply) {
      if (reply.error().kind == ErrorKind::unavailable) {
        refusal = reply.error().message;
        connect_again = std::chrono::steady_clock::now() + options.connect_pause;
      }
      return std::unexpected(std::move(reply).error());
    }
    refusal.clear();
    return ApiReply{.status = reply->status, .body = std::move(reply->body)};
  }
};

HttpTransport::HttpTransport(ApiOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpTransport::~HttpTransport() = default;

Result<ApiReply> HttpTransport::send(const ApiRequest& request, const std::stop_token& stop) {
  return impl_->run([&] { return impl_->client.send(impl_->wire(request), stop); });
}

Result<ApiReply> HttpTransport::stream(const ApiRequest& request, const Chunk& chunk,
                                       const std::stop_token& stop) {
  return impl_->run([&] { return impl_->client.stream(impl_->wire(request), chunk, stop); });
}

Error status_error(const ApiReply& reply) {
  const auto parsed = codec::parse_json(reply.body, {});
  std::string message;
  if (parsed) message = codec::string_at(parsed->value, "message");
  if (message.empty()) message = cat("the server answered with HTTP status ", reply.status);
  if (message.size() > 4096) message.resize(4096);
  return {.kind = kind_of(reply.status), .message = std::move(message)};
}

Result<codec::Json> ApiClient::exchange(const ApiRequest& request) {
  TRY(const auto reply, transport_.send(request, stop_));
  if (!is_success(reply.status)) return std::unexpected(status_error(reply));
  auto parsed = codec::parse_json(reply.body, {.bytes_max = answer_bytes_max});
  if (!parsed) {
    const auto path =
        request.target.substr(0, std::min(request.target.find('?'), excerpt_bytes_max));
    return in_context(cat("answer to ", request.method, ' ', path), std::move(parsed).error());
  }
  return std::move(parsed->value);
}

Result<codec::Json> ApiClient::get(std::string target) {
  return exchange({.method = "GET", .target = std::move(target)});
}

Result<codec::Json> ApiClient::create(std::string target, const codec::Json& object) {
  return exchange({.method = "POST",
                   .target = std::move(target),
                   .content_type = "application/json",
                   .body = codec::to_json(object)});
}

Result<codec::Json> ApiClient::patch(std::string target, const codec::Json& change,
                                     PatchKind kind) {
  return exchange({.method = "PATCH",
                   .target = std::move(target),
                   .content_type = kind == PatchKind::strategic
                                       ? "application/strategic-merge-patch+json"
                                       : "application/merge-patch+json",
                   .body = codec::to_json(change)});
}

Result<void> ApiClient::remove(std::string target, const codec::Json& options) {
  TRY_VOID(exchange({.method = "DELETE",
                     .target = std::move(target),
                     .content_type = "application/json",
                     .body = codec::to_json(options)}));
  return {};
}

Result<void> ApiClient::watch(std::string target, const std::function<bool(codec::Json)>& event) {
  EventLines lines(event);
  TRY(const auto reply, transport_.stream(
                            {.method = "GET", .target = std::move(target)},
                            [&](std::string_view bytes) { return lines.feed(bytes); }, stop_));
  if (!is_success(reply.status)) return std::unexpected(status_error(reply));
  return lines.result();
}

}  // namespace signet::node
