#include "gate/check_response.h"

#include <grpcpp/support/status_code_enum.h>

#include <algorithm>
#include <utility>

#include "gate/freshness.h"
#include "gate/proto/external_auth.pb.h"

namespace signet::gate {
namespace {

namespace auth = envoy::service::auth::v3;
namespace core = envoy::config::core::v3;

void set_header(core::HeaderValueOption& option, std::string name, std::string value) {
  option.mutable_header()->set_key(std::move(name));
  option.mutable_header()->set_value(std::move(value));
  option.set_append_action(core::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD);
}

grpc::StatusCode code_of(int http_status) {
  switch (http_status) {
    case 401:
      return grpc::StatusCode::UNAUTHENTICATED;
    case 403:
      return grpc::StatusCode::PERMISSION_DENIED;
    case 429:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    default:
      return grpc::StatusCode::UNAVAILABLE;
  }
}

void fill_denied(auth::CheckResponse& response, const Denied& denied) {
  response.mutable_status()->set_code(code_of(denied.status()));
  response.mutable_status()->set_message(std::string(to_string(denied.reason)));
  auto& http = *response.mutable_denied_response();
  http.mutable_status()->set_code(static_cast<envoy::type::v3::StatusCode>(denied.status()));
  if (!denied.challenge().empty()) {
    set_header(*http.add_headers(), "www-authenticate", std::string(denied.challenge()));
  }
  if (denied.retry_after.count() > 0) {
    set_header(*http.add_headers(), "retry-after", std::to_string(denied.retry_after.count()));
  }
  set_header(*http.add_headers(), "cache-control", "private, no-store");
  set_header(*http.add_headers(), "content-type", "text/plain; charset=utf-8");
  http.set_body(std::string(denied.text()) + '\n');
}

void fill_metadata(auth::CheckResponse& response, const party::Caller& caller, UnixTime now) {
  auto& fields = *response.mutable_dynamic_metadata()->mutable_fields();
  fields["subject"].set_string_value(caller.subject);
  fields["method"].set_string_value(std::string(to_string(caller.method)));
  fields["ttl_s"].set_number_value(static_cast<double>(answer_life(caller, now).count()));
}

}  // namespace

std::vector<IdentityHeaders::Header> headers_to_set(const party::Caller& caller,
                                                    const ReplyContext& context) {
  auto headers = context.names.of(caller);
  std::erase_if(headers, [](const auto& header) { return header.second.empty(); });
  if (!context.assertion.empty()) {
    headers.emplace_back(context.names.name(IdentityField::assertion), context.assertion);
  }
  return headers;
}

std::vector<std::string> headers_to_remove(const std::vector<IdentityHeaders::Header>& set,
                                           const ReplyContext& context) {
  std::vector<std::string> remove;
  const auto add = [&](std::string_view name) {
    const auto is_it = [name](const auto& header) { return header.first == name; };
    if (std::ranges::any_of(set, is_it) || std::ranges::find(remove, name) != remove.end()) return;
    remove.emplace_back(name);
  };
  for (const auto& name : context.names.names()) add(name);
  for (const auto name : context.lookalikes) add(name);
  if (!context.keep_authorization) add("authorization");
  return remove;
}

void fill(auth::CheckResponse& response, const Answer& answer, const ReplyContext& context) {
  if (!answer) return fill_denied(response, answer.error());
  const auto& caller = **answer;
  response.mutable_status()->set_code(grpc::StatusCode::OK);
  auto& http = *response.mutable_ok_response();
  auto headers = headers_to_set(caller, context);
  for (auto& name : headers_to_remove(headers, context)) {
    http.add_headers_to_remove(std::move(name));
  }
  for (auto& [name, value] : headers) {
    set_header(*http.add_headers(), std::move(name), std::move(value));
  }
  fill_metadata(response, caller, context.now);
}

}  // namespace signet::gate
