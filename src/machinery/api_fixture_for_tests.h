// A whole Api without sockets: a memory store, a view, and loops on threads of their own. Only for
// tests, of this folder and of those that add to the Api.
//
//   ApiFixture api(fake_registry());
//   auto made = api.send("POST", "/api/v1/namespaces/n/widgets", R"({"metadata":{"name":"a"}})");
//   auto watch = api.watch("/api/v1/namespaces/n/widgets?watch=true");
//   EXPECT_EQ(watch->next(), ...);
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/try.h"
#include "machinery/api.h"
#include "machinery/registry.h"
#include "store/memory.h"

namespace signet::machinery::fixture {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Lets everything pass that `hook` and `next` let pass.
class PassingAdmission final : public Admission {
 public:
  Task<ApiResult<void>> admit(AdmissionRequest request) override {
    if (hook) CO_TRY_VOID(hook(request));
    if (next != nullptr) co_return co_await next->admit(request);
    co_return ApiResult<void>{};
  }
  std::function<ApiResult<void>(AdmissionRequest&)> hook;
  Admission* next = nullptr;
};

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;

  codec::Json json() const {
    auto document = codec::parse_json(body, {});
    EXPECT_TRUE(document) << body;
    return document ? std::move(document->value) : codec::Json();
  }
  std::string at(std::string_view path) const {
    const auto document = json();
    const auto* found = codec::find(document, path);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string(found->as_string()) : codec::to_json(*found);
  }
  // "404 NotFound pods \"a\" not found"
  std::string refusal() const { return cat(status, ' ', at("reason"), ' ', at("message")); }
  std::vector<std::string> warnings() const {
    std::vector<std::string> out;
    for (const auto& [name, value] : headers) {
      if (name == "warning") out.push_back(value);
    }
    return out;
  }
};

// A loop on its own thread with what belongs to it.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  net::Loop& loop() { return loop_; }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
  }
  // Runs `work` on the loop and waits for what it returns.
  template <typename Work>
  auto run(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto done = task.get_future();
    loop_.post([&task] { task(); });
    return done.get();
  }
  // Runs the coroutine that `make` returns to its end.
  template <typename Make>
  auto await(Make make) {
    using Value = decltype(make().operator co_await().await_resume());
    std::promise<Value> promise;
    auto done = promise.get_future();
    loop_.post(
        [&] { spawn(make(), [&promise](Value value) { promise.set_value(std::move(value)); }); });
    return done.get();
  }

 private:
  net::Loop loop_;
  std::thread thread_;
};

class ApiFixture;

// One open watch. Its stream lives on the loop; its events are read from the test's thread.
class OpenWatch final : public net::StreamSink {
 public:
  OpenWatch(LoopThread& thread, net::Response response)
      : thread_(thread), status_(response.status) {
    if (auto* body = std::get_if<std::unique_ptr<net::BodyStream>>(&response.body)) {
      stream_ = std::move(*body);
    } else {
      refusal_ = response.bytes();
    }
  }
  ~OpenWatch() override {
    thread_.run([this] { stream_.reset(); });
  }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  int status() const { return status_; }
  const std::string& refusal() const { return refusal_; }
  void start() {
    thread_.run([this] { stream_->start(*this); });
  }
  // From now on nothing is taken, as from a client that does not read.
  void clog() {
    thread_.run([this] { clogged_ = true; });
  }

  // The next line, without its end, or the next frame; "(finished)" at the end of the stream.
  std::string next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !lines_.empty() || finished_; });
    if (lines_.empty()) return "(finished)";
    auto line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  // "ADDED a 5": type, name and version of the next event.
  std::string next_event() {
    const auto line = next();
    const auto document = codec::parse_json(line, {});
    if (!document) return line;
    const auto& event = document->value;
    return cat(codec::string_at(event, "type"), ' ',
               codec::string_at(event, "object.metadata.name"), ' ',
               codec::string_at(event, "object.metadata.resourceVersion"));
  }
  bool quiet() {
    // Whatever was posted to the loop has run after this.
    thread_.run([] {});
    const std::scoped_lock lock(mutex_);
    return lines_.empty();
  }

  bool write(std::string_view bytes) override {
    if (clogged_) return false;
    const std::scoped_lock lock(mutex_);
    if (bytes.starts_with('{')) {
      EXPECT_EQ(bytes.find('\n'), bytes.size() - 1) << "one document a line";
      bytes.remove_suffix(1);
    }
    lines_.emplace_back(bytes);
    changed_.notify_all();
    return true;
  }
  void finish() override {
    const std::scoped_lock lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

 private:
  LoopThread& thread_;
  int status_;
  std::string refusal_;
  std::unique_ptr<net::BodyStream> stream_;
  bool clogged_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool finished_ = false;
};

class ApiFixture {
 public:
  explicit ApiFixture(const Registry& registry, std::size_t loops = 1,
                      std::chrono::milliseconds bookmark_interval = std::chrono::minutes{1})
      : registry_(registry), bookmark_interval_(bookmark_interval), view_(registry) {
    store_.observe(view_);
    for (std::size_t i = 0; i < loops; ++i) services_.push_back(std::make_unique<Service>(*this));
  }
  ~ApiFixture() { stop(); }
  ApiFixture(const ApiFixture&) = delete;
  ApiFixture& operator=(const ApiFixture&) = delete;

  // What waits for a commit runs to its end first.
  void stop() {
    if (std::exchange(stopped_, true)) return;
    store_.stop();
    for (auto& service : services_) {
      service->thread.run([] {});
      service->thread.run([] {});
      service->thread.stop();
    }
  }

  Api& api(std::size_t loop = 0) { return services_[loop]->api; }
  LoopThread& thread(std::size_t loop = 0) { return services_[loop]->thread; }
  PassingAdmission& admission(std::size_t loop = 0) { return services_[loop]->admission; }
  View& view() { return view_; }
  store::Store& store() { return store_; }
  ManualClock& clock() { return clock_; }
  const Registry& registry() const { return registry_; }
  Random& random(std::size_t loop = 0) { return services_[loop]->random; }

  Reply send(std::string method, std::string_view target, std::string body = {},
             Headers headers = {}, std::size_t loop = 0, const token::UserInfo& user = admin()) {
    auto response =
        exchange(std::move(method), target, std::move(body), std::move(headers), loop, user);
    return {.status = response.status,
            .headers = response.headers,
            .body = std::string(response.bytes())};
  }
  Reply get(std::string_view target, std::size_t loop = 0) {
    return send("GET", target, {}, {}, loop);
  }
  Reply post(std::string_view target, std::string body) {
    return send("POST", target, std::move(body));
  }
  Reply put(std::string_view target, std::string body) {
    return send("PUT", target, std::move(body));
  }
  Reply patch(std::string_view target, std::string_view kind, std::string body) {
    return send("PATCH", target, std::move(body),
                {{"content-type", cat("application/", kind, "+json")}});
  }
  Reply del(std::string_view target, std::string body = {}) {
    return send("DELETE", target, std::move(body));
  }

  std::unique_ptr<OpenWatch> open(std::string_view target, Headers headers = {},
                                  std::size_t loop = 0) {
    return std::make_unique<OpenWatch>(
        thread(loop), exchange("GET", target, {}, std::move(headers), loop, admin()));
  }
  std::unique_ptr<OpenWatch> watch(std::string_view target, Headers headers = {},
                                   std::size_t loop = 0) {
    auto opened = open(target, std::move(headers), loop);
    EXPECT_EQ(opened->status(), 200) << opened->refusal();
    if (opened->status() == 200) opened->start();
    return opened;
  }

  static const token::UserInfo& admin() {
    static const token::UserInfo user{
        .username = "admin", .uid = {}, .groups = {"system:masters"}, .extra = {}};
    return user;
  }

 private:
  struct Service {
    explicit Service(ApiFixture& owner)
        : random(7 + owner.services_.size()),
          api({.registry = owner.registry_,
               .view = owner.view_,
               .store = owner.store_,
               .admission = admission,
               .clock = owner.clock_,
               .random = random,
               .loop = thread.loop(),
               .bookmark_interval = owner.bookmark_interval_,
               .may = may}) {}
    // "changer" may change what is there, and make nothing.
    static ApiResult<void> may(const token::UserInfo& user, const RequestInfo& info) {
      if (user.username != "changer" || info.verb != "create") return {};
      return refuse(ApiError::forbidden({info.group, info.resource}, info.name, "no creating"));
    }
    LoopThread thread;
    SeededRandom random;
    PassingAdmission admission;
    Api api;
  };

  net::Response exchange(std::string method, std::string_view target, std::string body,
                         Headers headers, std::size_t loop, const token::UserInfo& user) {
    const auto mark = target.find('?');
    net::Request request{.method = std::move(method),
                         .path = std::string(target.substr(0, mark)),
                         .query = mark == std::string_view::npos
                                      ? std::string()
                                      : std::string(target.substr(mark + 1)),
                         .headers = std::move(headers),
                         .body = std::move(body),
                         .peer = nullptr,
                         .remote_address = "test"};
    auto info = RequestInfo::parse(request.method, request.path, request.query);
    if (!info) return respond(info.error(), Format::json);
    auto& service = *services_[loop];
    return service.thread.await(
        [&] { return service.api.handle(std::move(request), *std::move(info), user); });
  }

  const Registry& registry_;
  std::chrono::milliseconds bookmark_interval_;
  ManualClock clock_{Instant{std::chrono::seconds{1'700'000'000}}};
  View view_;
  store::MemoryStore store_;
  std::vector<std::unique_ptr<Service>> services_;
  bool stopped_ = false;
};

}  // namespace signet::machinery::fixture
