#include "signet/review_client.h"

#include <algorithm>
#include <future>
#include <optional>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "jose/jws.h"
#include "net/fetcher.h"
#include "party/https_reviews.h"
#include "party/reviews.h"
#include "verify/moment.h"

namespace signet {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience_max{60'000};

std::unexpected<ReviewFailure> refused(std::string detail) {
  return std::unexpected(ReviewFailure{.kind = NoReview::refused, .detail = std::move(detail)});
}

std::unexpected<ReviewFailure> unavailable(std::string detail, std::chrono::seconds retry_after) {
  return std::unexpected(ReviewFailure{
      .kind = NoReview::unavailable, .detail = std::move(detail), .retry_after = retry_after});
}

std::optional<std::string> problem_of(const ReviewClient::Options& options) {
  if (options.kubeconfig.empty() == options.server.empty()) {
    return "kubeconfig, server: exactly one is required";
  }
  if (!options.kubeconfig.empty() && !(options.ca_file.empty() && options.token_file.empty())) {
    return "ca_file, token_file: go with server, not with kubeconfig";
  }
  return std::nullopt;
}

std::expected<ReviewedUser, ReviewFailure> read(party::ReviewAnswer answer, bool for_audiences) {
  if (auto* yes = std::get_if<party::ReviewYes>(&answer)) {
    if (for_audiences && yes->audiences.empty()) return refused("not for these audiences");
    return ReviewedUser{.username = std::move(yes->user.username),
                        .uid = std::move(yes->user.uid),
                        .groups = std::move(yes->user.groups),
                        .extra = {yes->user.extra.begin(), yes->user.extra.end()},
                        .audiences = std::move(yes->audiences)};
  }
  if (auto* no = std::get_if<party::ReviewNo>(&answer)) return refused(std::move(no->detail));
  auto& unknown = std::get<party::ReviewUnknown>(answer);
  return unavailable(std::move(unknown.detail), unknown.retry_after);
}

}  // namespace

struct ReviewClient::State {
  SystemClock clock;
  verify::SteadyMoments moments{clock};
  net::CurlFetcher fetcher;
  std::shared_ptr<party::ClusterReviews> reviews;
};

std::expected<ReviewClient, std::string> ReviewClient::create(const Options& options) {
  if (auto problem = problem_of(options)) return std::unexpected(*std::move(problem));
  auto state = std::make_shared<State>();
  auto made = party::HttpsReviews::create({.kubeconfig = options.kubeconfig,
                                           .server = options.server,
                                           .ca_file = options.ca_file,
                                           .token_file = options.token_file,
                                           .api_audiences = options.api_audiences},
                                          state->fetcher, state->moments);
  if (!made) return std::unexpected(std::move(made).error().message);
  state->reviews = *std::move(made);
  return ReviewClient(std::move(state));
}

std::expected<ReviewedUser, ReviewFailure> ReviewClient::review(
    std::string_view token, const std::vector<std::string>& audiences,
    milliseconds patience) const {
  if (token.empty() || token.size() > jose::token_bytes_max) {
    return refused("a token has 1 byte to 16 KiB");
  }
  if (!std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; })) {
    return refused("a token is visible ASCII");
  }
  const auto deadline =
      state_->moments.now().steady + std::clamp(patience, milliseconds(1), patience_max);
  std::promise<party::ReviewAnswer> answered;
  auto answer = answered.get_future();
  state_->reviews->ask(token, audiences, deadline,
                       [answered = std::move(answered)](party::ReviewAnswer given) mutable {
                         answered.set_value(std::move(given));
                       });
  if (answer.wait_until(deadline) != std::future_status::ready) {
    return unavailable("the cluster did not answer in time", std::chrono::seconds(1));
  }
  return read(answer.get(), !audiences.empty());
}

}  // namespace signet
