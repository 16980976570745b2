#include "access/auditor.h"

#include <utility>
#include <variant>

#include "access/audit_body.h"
#include "access/bearer.h"
#include "base/cat.h"
#include "codec/form.h"
#include "codec/json.h"

namespace signet::access {

using codec::Json;

// Passes a stream on, and records its end.
class AuditedStream final : public net::BodyStream {
 public:
  AuditedStream(Auditor& auditor, std::unique_ptr<AuditEvent> event,
                std::unique_ptr<net::BodyStream> inner)
      : auditor_(auditor), event_(std::move(event)), inner_(std::move(inner)) {}
  ~AuditedStream() override {
    inner_.reset();
    auditor_.write(*event_, AuditStage::response_complete);
  }
  AuditedStream(const AuditedStream&) = delete;
  AuditedStream& operator=(const AuditedStream&) = delete;

  void start(net::StreamSink& sink) override { inner_->start(sink); }

 private:
  Auditor& auditor_;
  std::unique_ptr<AuditEvent> event_;
  std::unique_ptr<net::BodyStream> inner_;
};

namespace {

telemetry::Counter level_counter(telemetry::Registry& metrics, AuditLevel level) {
  return metrics.counter("apiserver_audit_level_total", "Requests by the level of their audit.",
                         {{"level", to_string(level)}});
}

// What the answers to such requests are made of.
const machinery::Schema* schema_of(const machinery::Registry& registry,
                                   const machinery::RequestInfo& info) {
  const auto* kind = registry.find(info.group, info.version, info.resource);
  if (kind == nullptr) return nullptr;
  const auto* subresource = kind->find_subresource(info.subresource);
  return subresource != nullptr && subresource->schema != nullptr ? subresource->schema
                                                                  : kind->schema;
}

AuditObjectRef object_of(const machinery::RequestInfo& info) {
  return {.resource = info.resource,
          .ns = info.namespace_name,
          .name = info.name,
          .uid = {},
          .api_group = info.group,
          .api_version = info.version,
          .resource_version = {},
          .subresource = info.subresource};
}

// How somebody tried to say who he is, as Kubernetes tells it.
std::string attempts(const net::Request& request, const machinery::RequestInfo& info) {
  std::string methods;
  const auto add = [&](std::string_view method) {
    append(methods, methods.empty() ? "" : ", ", method);
  };
  const auto authorization = request.header("authorization");
  if (authorization.starts_with("Basic ")) add("basic");
  if (bearer_text(authorization).token) add("bearer");
  if (!info.query.get("access_token").empty()) add("access_token");
  if (request.peer != nullptr) add("x509");
  return methods.empty() ? "Authentication failed, no credentials provided"
                         : cat("Authentication failed, attempted: ", methods);
}

void fill(std::string& field, const Json& object, std::string_view path) {
  if (field.empty()) field = codec::string_at(object, path);
}

// The Status of an event: that of the answer, without what says that it is one.
std::string status_json(const Json& status) {
  codec::JsonObject out;
  out["metadata"].emplace_object();
  for (const std::string_view name : {"status", "message", "reason", "details", "code"}) {
    if (const auto* value = codec::find(status, name)) out[name] = *value;
  }
  return codec::to_json(Json(std::move(out)), codec::Escape::html);
}

// Whether these bytes can stand in an event as they are: compact JSON on one line.
bool is_one_line(const net::Response& response) {
  const auto bytes = response.bytes();
  return response.content_type == "application/json" && bytes.starts_with('{') &&
         bytes.find('\n') == bytes.size() - 1;
}

}  // namespace

Auditor::Auditor(Parts parts)
    : parts_(parts),
      levels_{level_counter(parts.metrics, AuditLevel::none),
              level_counter(parts.metrics, AuditLevel::metadata),
              level_counter(parts.metrics, AuditLevel::request),
              level_counter(parts.metrics, AuditLevel::request_response)},
      events_(parts.metrics.counter("apiserver_audit_event_total",
                                    "Audit events made and given to the log.")),
      rejected_(parts.metrics.counter("apiserver_audit_requests_rejected_total",
                                      "Requests refused because they could not be audited.")) {}

std::string Auditor::line(const AuditEvent& event, AuditStage stage) {
  events_.add();
  return event.line(stage, parts_.clock.now());
}

void Auditor::write(const AuditEvent& event, AuditStage stage) {
  if (event.decision.records(stage)) parts_.log.write(line(event, stage));
}

Callback<bool> Auditor::written(std::string line) {
  return Callback<bool>([this, line = std::move(line)](Callback<bool>::Complete complete) mutable {
    parts_.log.write(std::move(line), parts_.loop, std::move(complete));
  });
}

AuditedRequest::AuditedRequest(Auditor& auditor, std::string id)
    : auditor_(auditor), id_(std::move(id)), received_(auditor.parts_.clock.now()) {}

void AuditedRequest::start(const net::Request& request, const machinery::RequestInfo& info,
                           const token::UserInfo* user) {
  started_ = true;
  const auto decision = auditor_.parts_.policy.decide(user, info);
  auditor_.levels_[static_cast<std::size_t>(decision.level)].add();
  if (decision.level == AuditLevel::none) return early_.clear();
  sensitivity_ = sensitivity_of(info);
  schema_ = info.is_resource ? schema_of(auditor_.parts_.registry, info) : nullptr;
  event_ = std::make_unique<AuditEvent>();
  event_->decision = decision;
  event_->id = id_;
  event_->uri = redacted_uri(request.path, request.query);
  event_->verb = info.verb;
  event_->user = user_json(user);
  event_->source_ips = source_ips_json(request);
  event_->user_agent = audited_user_agent(request.header("user-agent"));
  event_->is_resource = info.is_resource;
  event_->object = object_of(info);
  event_->received = received_;
  for (auto& [name, value] : early_) event_->annotations.emplace(name, std::move(value));
  early_.clear();
}

void AuditedRequest::begin(const net::Request& request, const machinery::RequestInfo& info,
                           const token::UserInfo& user) {
  start(request, info, &user);
}

void AuditedRequest::refuse_credentials(const net::Request& request,
                                        const machinery::RequestInfo& info) {
  start(request, info, nullptr);
  credentials_refused_ = true;
  if (event_ == nullptr) return;
  event_->status = R"({"metadata":{},"status":"Failure","message":)";
  codec::append_json_string(event_->status, attempts(request, info));
  event_->status += R"(,"reason":"Unauthorized","code":401})";
}

Task<bool> AuditedRequest::received() {
  constexpr auto stage = AuditStage::request_received;
  if (event_ == nullptr || !event_->decision.records(stage)) co_return true;
  auto line = auditor_.line(*event_, stage);
  // Events are written in order: whoever waits for the last one has waited for the first.
  if (auditor_.parts_.log.mode() != telemetry::AuditLogMode::blocking_strict) {
    auditor_.parts_.log.write(std::move(line));
    co_return true;
  }
  if (co_await auditor_.written(std::move(line))) co_return true;
  auditor_.rejected_.add();
  event_.reset();
  co_return false;
}

void AuditedRequest::impersonated(const token::UserInfo& user) {
  if (event_ != nullptr) event_->impersonated = user_json(&user);
}

void AuditedRequest::decided(bool allowed, std::string_view reason) {
  if (event_ == nullptr) return;
  annotate("authorization.k8s.io/decision", allowed ? "allow" : "forbid");
  annotate("authorization.k8s.io/reason", std::string(reason));
}

void AuditedRequest::annotate(std::string_view name, std::string value) {
  if (event_ != nullptr) {
    event_->annotations.emplace(name, std::move(value));
  } else if (!started_) {
    early_.emplace_back(name, std::move(value));
  }
}

void AuditedRequest::note_body(const Json& object) {
  if (event_ == nullptr || !event_->is_resource) return;
  if (event_->verb != "patch") {
    fill(event_->object.ns, object, "metadata.namespace");
    fill(event_->object.name, object, "metadata.name");
    fill(event_->object.uid, object, "metadata.uid");
    fill(event_->object.resource_version, object, "metadata.resourceVersion");
  }
  if (event_->decision.level < AuditLevel::request || !event_->request_object.empty()) return;
  auto fit = object;
  make_fit(fit);
  keep(codec::to_json(fit, codec::Escape::html), event_->request_object);
}

void AuditedRequest::make_fit(Json& object) const {
  redact(sensitivity_, object);
  if (event_->decision.omit_managed_fields) drop_managed_fields(object);
}

void AuditedRequest::keep(std::string json, std::string& out) {
  if (json.size() > Auditor::object_bytes_max) {
    annotate("audit.k8s.io/truncated", "true");
  } else {
    out = std::move(json);
  }
}

void AuditedRequest::note_answer(const net::Response& response) {
  event_->code = response.status;
  if (credentials_refused_) return;
  const auto bytes = response.bytes();
  const bool whole = event_->is_resource && event_->decision.level == AuditLevel::request_response;
  const bool status = is_status(response);
  if (!status && !whole) return;
  if (bytes.size() > Auditor::object_bytes_max) return annotate("audit.k8s.io/truncated", "true");
  const bool as_it_is = sensitivity_ == Sensitivity::plain && !event_->decision.omit_managed_fields;
  if (!status && as_it_is && is_one_line(response)) {
    return keep(std::string(bytes.substr(0, bytes.size() - 1)), event_->response_object);
  }
  auto answer = answer_as_json(response, schema_);
  if (!answer) return;
  make_fit(*answer);
  if (status) event_->status = status_json(*answer);
  if (whole) keep(codec::to_json(*answer, codec::Escape::html), event_->response_object);
}

Task<net::Response> AuditedRequest::finish(net::Response response) {
  if (event_ == nullptr || std::exchange(finished_, true)) co_return response;
  note_answer(response);
  auto* stream = std::get_if<std::unique_ptr<net::BodyStream>>(&response.body);
  const auto stage = stream != nullptr || credentials_refused_ ? AuditStage::response_started
                                                               : AuditStage::response_complete;
  if (auditor_.parts_.log.mode() == telemetry::AuditLogMode::batch) {
    auditor_.write(*event_, stage);
  } else if (event_->decision.records(stage)) {
    // The answer leaves whether or not that succeeded: what was asked is done.
    static_cast<void>(co_await auditor_.written(auditor_.line(*event_, stage)));
  }
  if (stream != nullptr) {
    *stream = std::make_unique<AuditedStream>(auditor_, std::move(event_), std::move(*stream));
  }
  co_return response;
}

}  // namespace signet::access
