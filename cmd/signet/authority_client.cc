#include "authority_client.h"

#include <cstdlib>

#include "base/cat.h"
#include "base/try.h"
#include "net/client.h"

namespace signet::cmd {
namespace {

ErrorKind kind_of(int status) {
  switch (status) {
    case 400:
    case 405:
    case 413:
    case 422:
      return ErrorKind::invalid;
    case 401:
      return ErrorKind::unauthenticated;
    case 403:
      return ErrorKind::forbidden;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    default:
      return ErrorKind::unavailable;
  }
}

}  // namespace

Result<codec::Json> ask_authority(const net::AuthorityAccess& access,
                                  const AuthorityQuestion& question) {
  net::ClientRequest request{.method = question.method,
                             .url = cat(access.server, question.path),
                             .headers = {{"accept", "application/json"}},
                             .body = {}};
  if (!question.body.is_null()) {
    request.headers.emplace_back("content-type", "application/json");
    request.body = codec::to_json(question.body);
  }
  if (!access.token.empty()) {
    request.headers.emplace_back("authorization", cat("Bearer ", access.token));
  }
  net::HttpClient client(access.client);
  TRY(const auto reply, client.send(request));
  auto answer = codec::parse_json_strict(reply.body, {});
  if (reply.status < 200 || reply.status > 299) {
    const auto said = answer ? codec::string_at(*answer, "message") : std::string_view();
    return fail(kind_of(reply.status),
                said.empty() ? cat(access.server, " answered ", reply.status) : std::string(said));
  }
  if (!answer) return in_context(cat("the answer of ", access.server), answer.error());
  return answer;
}

std::string default_kubeconfig() {
  // Nothing changes the environment of this program.
  const char* path = std::getenv("KUBECONFIG");  // NOLINT(concurrency-mt-unsafe)
  return path == nullptr ? "" : path;
}

}  // namespace signet::cmd
