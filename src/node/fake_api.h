// An authority in memory, below ApiClient: enough of the Kubernetes API for the agent's tests.
//
// Threads  every member from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/cat.h"
#include "base/clock.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "node/api_client.h"

namespace signet::node {

class FakeApi {
 public:
  explicit FakeApi(const Clock& clock) : clock_(clock) {}

  // Objects by path: "/api/v1/namespaces/demo/pods/p".
  void put(const std::string& path, std::string_view json) {
    auto object = codec::parse_json(json, {}).value().value;
    change([&] {
      codec::make_object_at(object, "metadata")["resourceVersion"] = std::to_string(++version_);
      if (is_pod(path)) tell(objects_.contains(path) ? "MODIFIED" : "ADDED", object);
      objects_[path] = std::move(object);
    });
  }
  void erase(const std::string& path) {
    change([&] {
      const auto found = objects_.find(path);
      if (found == objects_.end()) return;
      if (is_pod(path)) tell("DELETED", found->second);
      objects_.erase(found);
    });
  }
  std::optional<codec::Json> object(const std::string& path) const {
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(path);
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
  }
  void set_down(bool down) {
    change([&] { down_ = down; });
  }
  // Ends running watches with an ERROR event that says 410.
  void expire_watches() {
    change([&] { events_.emplace_back(R"({"type":"ERROR","object":{"code":410}})"); });
  }
  int requests(std::string_view method, std::string_view in_target) const {
    const std::scoped_lock lock(mutex_);
    int count = 0;
    for (const auto& request : log_) {
      count += request.method == method && request.target.find(in_target) != std::string::npos;
    }
    return count;
  }
  std::vector<ApiRequest> log() const {
    const std::scoped_lock lock(mutex_);
    return log_;
  }
  // Waits until `holds` is true; it is looked at after every request.
  void wait(const std::function<bool()>& holds) const {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto seen = changes_;
      lock.unlock();
      if (holds()) return;
      lock.lock();
      changed_.wait(lock, [&] { return changes_ != seen; });
    }
  }
  // For conditions that hang on something else: looked at again.
  void poke() {
    change([] {});
  }

  Result<ApiReply> serve(const ApiRequest& request) {
    Result<ApiReply> reply = ApiReply{};
    change([&] {
      log_.push_back(request);
      reply = down_ ? Result<ApiReply>(fail(ErrorKind::unavailable, "connection refused"))
                    : Result<ApiReply>(answer(request));
    });
    return reply;
  }

  Result<ApiReply> stream(const ApiRequest& request, const ApiTransport::Chunk& chunk,
                          const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    log_.push_back(request);
    ++changes_;
    changed_.notify_all();
    if (down_) return fail(ErrorKind::unavailable, "connection refused");
    while (true) {
      if (!changed_.wait(lock, stop, [&] { return down_ || !events_.empty(); })) {
        return ApiReply{.status = 200, .body = ""};
      }
      if (down_) return fail(ErrorKind::unavailable, "connection lost");
      const auto line = std::move(events_.front()) + "\n";
      events_.pop_front();
      lock.unlock();
      const bool more = chunk(line);
      lock.lock();
      if (!more) return ApiReply{.status = 200, .body = ""};
    }
  }

 private:
  template <typename Change>
  void change(const Change& how) {
    {
      const std::scoped_lock lock(mutex_);
      how();
      ++changes_;
    }
    changed_.notify_all();
  }

  static bool is_pod(std::string_view path) { return path.find("/pods/") != path.npos; }

  void tell(std::string_view type, const codec::Json& object) {
    events_.push_back(codec::to_json(codec::JsonObject{{"type", type}, {"object", object}}));
  }

  static ApiReply failure(int code, std::string_view message) {
    return {.status = code,
            .body = codec::to_json(codec::JsonObject{
                {"kind", "Status"}, {"status", "Failure"}, {"message", message}, {"code", code}})};
  }
  static ApiReply success(int code, const codec::Json& object) {
    return {.status = code, .body = codec::to_json(object)};
  }

  ApiReply answer(const ApiRequest& request) {
    const auto path = request.target.substr(0, request.target.find('?'));
    if (request.method == "GET" && path == "/api/v1/pods") return list_pods();
    if (request.method == "POST") return create(path, request.body);
    const bool status = path.ends_with("/status");
    const auto name = status ? path.substr(0, path.size() - 7) : path;
    const auto found = objects_.find(name);
    if (found == objects_.end()) return failure(404, cat(path, " not found"));
    if (request.method == "PATCH") {
      merge(found->second, codec::parse_json(request.body, {}).value().value);
      if (is_pod(name)) tell("MODIFIED", found->second);
    }
    const auto object = found->second;
    if (request.method == "DELETE") {
      if (is_pod(name)) tell("DELETED", object);
      objects_.erase(found);
    }
    return success(200, object);
  }

  ApiReply list_pods() {
    codec::JsonArray items;
    for (const auto& [path, object] : objects_) {
      if (is_pod(path)) items.push_back(object);
    }
    events_.clear();  // a watch goes on from here
    return success(
        200, codec::JsonObject{
                 {"metadata", codec::JsonObject{{"resourceVersion", std::to_string(++version_)}}},
                 {"items", std::move(items)}});
  }

  ApiReply create(const std::string& path, const std::string& body) {
    auto object = codec::parse_json(body, {}).value().value;
    if (path.ends_with("/token")) {
      const auto seconds = codec::int_at(object, "spec.expirationSeconds").value_or(3600);
      codec::make_object_at(object, "spec")["expirationSeconds"] = seconds;
      auto& status = codec::make_object_at(object, "status");
      status["token"] = cat("token-", ++tokens_);
      status["expirationTimestamp"] =
          codec::to_rfc3339(whole_seconds(clock_.now()) + std::chrono::seconds{seconds});
      return success(201, object);
    }
    const auto name = cat(path, '/', codec::string_at(object, "metadata.name"));
    if (objects_.contains(name)) return failure(409, cat(name, " already exists"));
    codec::make_object_at(object, "metadata")["uid"] = cat("uid-", ++version_);
    objects_[name] = object;
    return success(201, object);
  }

  static void merge(codec::Json& into, const codec::Json& change) {
    for (const auto& [key, value] : change.as_object()) {
      auto& member = into.as_object()[key];
      if (value.is_object() && member.is_object()) {
        merge(member, value);
      } else {
        member = value;
      }
    }
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::uint64_t changes_ = 0;
  std::map<std::string, codec::Json> objects_;
  std::deque<std::string> events_;
  std::vector<ApiRequest> log_;
  std::uint64_t version_ = 100;
  int tokens_ = 0;
  bool down_ = false;
};

class FakeTransport final : public ApiTransport {
 public:
  explicit FakeTransport(FakeApi& api) : api_(api) {}
  Result<ApiReply> send(const ApiRequest& request, const std::stop_token& /*stop*/) override {
    return api_.serve(request);
  }
  Result<ApiReply> stream(const ApiRequest& request, const Chunk& chunk,
                          const std::stop_token& stop) override {
    return api_.stream(request, chunk, stop);
  }

 private:
  FakeApi& api_;
};

}  // namespace signet::node
