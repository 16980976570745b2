#include "gate/http_surfaces.h"

#include <string>
#include <utility>

#include "base/cat.h"

namespace signet::gate {
namespace {

net::Response uncached(int status) {
  return {.status = status,
          .content_type = {},
          .headers = {{"cache-control", "private, no-store"}},
          .body = {}};
}

net::Response refusal(const Denied& denied) {
  auto response = uncached(denied.status());
  if (!denied.challenge().empty()) {
    response.headers.emplace_back("www-authenticate", denied.challenge());
  }
  if (denied.retry_after.count() > 0) {
    response.headers.emplace_back("retry-after", std::to_string(denied.retry_after.count()));
  }
  response.content_type = "text/plain; charset=utf-8";
  response.body = cat(denied.text(), "\n");
  return response;
}

// Every header, so that what the client sent under the name is replaced in any case.
net::Response every_header(const party::Caller& caller, const ReplyContext& context) {
  auto response = uncached(200);
  for (auto& header : context.names.of(caller)) response.headers.push_back(std::move(header));
  response.headers.emplace_back(context.names.name(IdentityField::assertion), context.assertion);
  return response;
}

}  // namespace

net::Response ext_authz_reply(const Answer& answer, const ReplyContext& context) {
  if (!answer) return refusal(answer.error());
  auto response = uncached(200);
  auto set = headers_to_set(**answer, context);
  std::string remove;
  for (const auto& name : headers_to_remove(set, context)) {
    append(remove, remove.empty() ? "" : ",", name);
  }
  for (auto& header : set) response.headers.push_back(std::move(header));
  response.headers.emplace_back("x-envoy-auth-headers-to-remove", std::move(remove));
  return response;
}

net::Response auth_request_reply(const Answer& answer, const ReplyContext& context,
                                 int unavailable) {
  if (answer) return every_header(**answer, context);
  auto response = refusal(answer.error());
  if (response.status > 403 && unavailable != 0) response.status = unavailable;
  response.headers.emplace_back(cat(context.names.prefix(), "error"),
                                to_string(answer.error().reason));
  return response;
}

net::Response forward_auth_reply(const Answer& answer, const ReplyContext& context) {
  return answer ? every_header(**answer, context) : refusal(answer.error());
}

}  // namespace signet::gate
