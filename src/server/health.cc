#include "server/health.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/cat.h"

namespace signet::server {
namespace {

net::Response text_response(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"x-content-type-options", "nosniff"}},
          .body = std::move(body)};
}

struct Check {
  std::string_view name;
  bool good;
};

}  // namespace

std::optional<net::Response> Health::answer(std::string_view path,
                                            const codec::Query& query) const {
  constexpr std::array<std::string_view, 3> endpoints{"healthz", "livez", "readyz"};
  path.remove_prefix(std::min<std::size_t>(path.size(), 1));
  const auto slash = path.find('/');
  const auto endpoint = path.substr(0, slash);
  if (std::ranges::find(endpoints, endpoint) == endpoints.end()) return std::nullopt;

  std::vector<Check> checks{{"ping", true}, {"store", true}};
  if (endpoint == "readyz") checks.push_back({"started", ready_});
  if (slash != std::string_view::npos && slash + 1 < path.size()) {
    const auto name = path.substr(slash + 1);
    const auto found = std::ranges::find(checks, name, &Check::name);
    if (found == checks.end()) return std::nullopt;
    if (found->good) return text_response(200, "ok");
    return text_response(500, cat("internal server error: ", name, " failed\n"));
  }

  auto unmatched = query.all("exclude");
  std::string listing;
  bool good = true;
  for (const auto& check : checks) {
    if (const auto excluded = std::ranges::find(unmatched, check.name);
        excluded != unmatched.end()) {
      unmatched.erase(excluded);
      append(listing, "[+]", check.name, " excluded: ok\n");
      continue;
    }
    good = good && check.good;
    append(listing, check.good ? "[+]" : "[-]", check.name,
           check.good ? " ok\n" : " failed: reason withheld\n");
  }
  for (const auto name : unmatched) {
    append(listing, "warn: some health checks cannot be excluded: no matches for \"", name, "\"\n");
  }
  append(listing, endpoint, good ? " check passed\n" : " check failed\n");
  if (!good) return text_response(500, listing);
  return text_response(200, query.has("verbose") ? listing : "ok");
}

}  // namespace signet::server
