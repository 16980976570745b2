#include "party/https_reviews.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "crypto/digest.h"
#include "party/review_access.h"
#include "party/review_limits.h"
#include "party/token_review.h"

namespace signet::party {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds access_age_max{10};
constexpr milliseconds call_timeout{5000};

ReviewUnknown unknown(Admission admission) {
  switch (admission) {
    case Admission::open:
      return {.detail = "the cluster has been failing", .retry_after = ReviewLimits::breaker_rest};
    case Admission::limited:
      return {.detail = "the cluster is asked too often"};
    case Admission::go:
    case Admission::busy:
      break;
  }
  return {.detail = "too many questions wait for the cluster"};
}

// Length before value, so that no two questions are spelled alike.
crypto::Sha256 name_of(std::string_view token, const std::vector<std::string>& audiences) {
  auto text = cat(token.size(), ':', token);
  for (const auto& audience : audiences) append(text, audience.size(), ':', audience);
  return crypto::sha256(text);
}

}  // namespace

struct HttpsReviews::Impl : std::enable_shared_from_this<HttpsReviews::Impl> {
  // One call to the cluster, and all who asked the same.
  struct Question {
    crypto::Sha256 name{};
    std::string body;
    std::vector<std::string> audiences;
    verify::SteadyTime deadline;
    verify::SteadyTime asked_at{};
    bool repeated = false;
    std::vector<Answered> answered;
  };
  using QuestionPtr = std::shared_ptr<Question>;
  // What to do once the lock is let go.
  struct Work {
    std::vector<QuestionPtr> start;
    std::vector<std::pair<QuestionPtr, ReviewAnswer>> answer;
  };

  Impl(ReviewSource given, net::Fetcher& the_fetcher, const verify::Moments& the_moments)
      : source(std::move(given)),
        fetcher(the_fetcher),
        moments(the_moments),
        limits({.queries_per_second = source.queries_per_second,
                .burst = source.burst,
                .concurrent = source.concurrent}) {}

  void pump(Work& work);
  void finish(const QuestionPtr& question, ReviewAnswer answer, Work& work);
  void perform(const Work& work);
  void call(const QuestionPtr& question);
  void ended(const QuestionPtr& question, const net::FetchResult& result);
  Result<ReviewAccess> current_access();

  const ReviewSource source;
  net::Fetcher& fetcher;
  const verify::Moments& moments;

  std::mutex mutex;  // guards all that follows
  ReviewLimits limits;
  std::map<crypto::Sha256, QuestionPtr> open;  // asked or waiting
  std::deque<QuestionPtr> waiting;             // for a call to end
  bool closed = false;
  std::optional<ReviewAccess> access;
  verify::SteadyTime access_read{};
  std::string server;
  std::string last_error;
};

void HttpsReviews::Impl::finish(const QuestionPtr& question, ReviewAnswer answer, Work& work) {
  if (const auto* failed = std::get_if<ReviewUnknown>(&answer)) last_error = failed->detail;
  open.erase(question->name);
  work.answer.emplace_back(question, std::move(answer));
}

// Starts what may start and refuses what waited too long.
void HttpsReviews::Impl::pump(Work& work) {
  const auto now = moments.now().steady;
  while (!waiting.empty()) {
    const auto question = waiting.front();
    if (now >= question->deadline) {
      waiting.pop_front();
      finish(question, unknown(Admission::busy), work);
      continue;
    }
    const auto admission = limits.admit(now);
    if (admission == Admission::busy) return;
    waiting.pop_front();
    if (admission == Admission::go) {
      question->asked_at = now;
      work.start.push_back(question);
    } else {
      finish(question, unknown(admission), work);
    }
  }
}

void HttpsReviews::Impl::perform(const Work& work) {
  for (const auto& [question, answer] : work.answer) {
    for (auto& each : question->answered) each(answer);
  }
  for (const auto& question : work.start) call(question);
}

Result<ReviewAccess> HttpsReviews::Impl::current_access() {
  const auto now = moments.now().steady;
  {
    const std::scoped_lock lock(mutex);
    if (access && now - access_read < access_age_max) return *access;
  }
  auto read = read_access(source);
  const std::scoped_lock lock(mutex);
  if (!read) {
    // A file that is being replaced; what was read before may still be good.
    if (access) return *access;
    return read;
  }
  access = *read;
  access_read = now;
  server = read->server;
  return read;
}

void HttpsReviews::Impl::call(const QuestionPtr& question) {
  const auto reached = current_access();
  if (!reached) {
    return ended(question, std::unexpected(net::FetchError{.fault = net::FetchFault::invalid,
                                                           .message = reached.error().message}));
  }
  const auto left =
      std::chrono::duration_cast<milliseconds>(question->deadline - question->asked_at);
  fetcher.start(
      review_request(*reached, question->body, std::clamp(left, milliseconds(1), call_timeout)),
      [weak = weak_from_this(), question](const net::FetchResult& result) {
        if (const auto self = weak.lock()) self->ended(question, result);
      });
}

void HttpsReviews::Impl::ended(const QuestionPtr& question, const net::FetchResult& result) {
  Work work;
  {
    const std::scoped_lock lock(mutex);
    const auto now = moments.now().steady;
    const int status = result ? result->status : 0;
    const bool broke_off = !result && result.error().fault == net::FetchFault::reset;
    const bool refused = status == 401;
    if (refused) access.reset();
    const bool again = !closed && !question->repeated && now < question->deadline &&
                       (broke_off || status >= 500 || refused);
    auto answer =
        result ? read_review(*result, question->audiences, source.api_audiences, question->asked_at)
               : ReviewAnswer(ReviewUnknown{.detail = result.error().message});
    const bool failed = std::holds_alternative<ReviewUnknown>(answer);
    limits.ended(failed ? CallResult::failed : CallResult::good, now);
    if (again) {
      question->repeated = true;
      waiting.push_front(question);
    } else if (open.contains(question->name)) {
      finish(question, std::move(answer), work);
    }
    pump(work);
  }
  perform(work);
}

HttpsReviews::HttpsReviews(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::shared_ptr<ClusterReviews>> HttpsReviews::create(ReviewSource source,
                                                             net::Fetcher& fetcher,
                                                             const verify::Moments& moments) {
  auto impl = std::make_shared<Impl>(std::move(source), fetcher, moments);
  if (const auto access = impl->current_access(); !access) {
    return std::unexpected(access.error());
  }
  return std::shared_ptr<ClusterReviews>(new HttpsReviews(std::move(impl)));
}

HttpsReviews::~HttpsReviews() {
  Impl::Work work;
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->closed = true;
    impl_->waiting.clear();
    for (const auto& [name, question] : std::exchange(impl_->open, {})) {
      work.answer.emplace_back(question,
                               ReviewUnknown{.detail = "the cluster is not asked any more"});
    }
  }
  impl_->perform(work);
}

void HttpsReviews::ask(std::string_view token, const std::vector<std::string>& audiences,
                       verify::SteadyTime deadline, Answered answered) {
  auto& impl = *impl_;
  const auto name = name_of(token, audiences);
  Impl::Work work;
  {
    const std::scoped_lock lock(impl.mutex);
    if (const auto same = impl.open.find(name); same != impl.open.end()) {
      same->second->answered.push_back(std::move(answered));
      return;
    }
    auto question = std::make_shared<Impl::Question>();
    question->name = name;
    question->body = review_body(token, audiences);
    question->audiences = audiences;
    question->deadline = deadline;
    question->answered.push_back(std::move(answered));
    impl.open.emplace(name, question);
    if (impl.waiting.size() < waiting_max) {
      impl.waiting.push_back(question);
    } else {
      impl.finish(question, unknown(Admission::busy), work);
    }
    impl.pump(work);
  }
  impl.perform(work);
}

ReviewStatus HttpsReviews::status() const {
  const std::scoped_lock lock(impl_->mutex);
  return {.server = impl_->server,
          .breaker_open = impl_->limits.is_open(impl_->moments.now().steady),
          .in_flight = impl_->limits.in_flight(),
          .last_error = impl_->last_error};
}

}  // namespace signet::party
