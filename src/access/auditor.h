// Records what happens to requests, as far as the audit policy says.
//
//   AuditedRequest audited(auditor, id);             // before anything is known
//   request.record = &audited;
//   audited.begin(request, info, user);              // once it is known who asks
//   if (!co_await audited.received()) ...            // 500: it must not go on unrecorded
//   audited.decided(decision.allowed, decision.reason);
//   response = co_await audited.finish(std::move(response));
//
// Shape    one Auditor a loop, one AuditedRequest a request. A request of level None costs one look
//          at the policy. Events go to the log in the order RequestReceived, ResponseStarted (of a
//          watch), ResponseComplete; a refused credential has one event, ResponseStarted, as
//          Kubernetes has it.
// Limits   bodies above `object_bytes_max` are left out, and the annotation audit.k8s.io/truncated
//          says so.
// Threads  the loop's.
// Source   kubernetes.io, "Auditing"; tokens.md 11.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/audit_event.h"
#include "access/audit_policy.h"
#include "access/audit_redaction.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/task.h"
#include "machinery/registry.h"
#include "machinery/request_info.h"
#include "net/http.h"
#include "net/request_record.h"
#include "telemetry/audit_log.h"
#include "telemetry/metrics.h"

namespace signet::access {

class Auditor {
 public:
  static constexpr std::size_t object_bytes_max = std::size_t{1} << 20;

  // All of it outlives the Auditor.
  struct Parts {
    const AuditPolicy& policy;
    telemetry::AuditLog& log;
    const machinery::Registry& registry;
    const Clock& clock;
    Executor& loop;
    telemetry::Registry& metrics;
  };

  explicit Auditor(Parts parts);

 private:
  friend class AuditedRequest;
  friend class AuditedStream;

  std::string line(const AuditEvent& event, AuditStage stage);
  // Unless the policy omits the stage.
  void write(const AuditEvent& event, AuditStage stage);
  // True once the line is written; false where it could not be.
  Callback<bool> written(std::string line);

  Parts parts_;
  std::array<telemetry::Counter, 4> levels_;  // by AuditLevel
  telemetry::Counter events_;
  telemetry::Counter rejected_;
};

class AuditedRequest final : public net::RequestRecord {
 public:
  AuditedRequest(Auditor& auditor, std::string id);

  // Asks the policy, and keeps what an event says of the request.
  void begin(const net::Request& request, const machinery::RequestInfo& info,
             const token::UserInfo& user);
  // The same for a request whose credentials are not good: it is nobody's.
  void refuse_credentials(const net::Request& request, const machinery::RequestInfo& info);

  // Records that the request is there. False: that failed, and the log is such that the request has
  // to be refused.
  Task<bool> received();

  void impersonated(const token::UserInfo& user);
  void decided(bool allowed, std::string_view reason);
  void annotate(std::string_view name, std::string value) override;
  void note_body(const codec::Json& object) override;

  // Records the answer, once: whichever comes first. That of a watch again when it ends.
  Task<net::Response> finish(net::Response response);

 private:
  void start(const net::Request& request, const machinery::RequestInfo& info,
             const token::UserInfo* user);
  void note_answer(const net::Response& response);
  void make_fit(codec::Json& object) const;
  void keep(std::string json, std::string& out);

  Auditor& auditor_;
  std::string id_;
  Instant received_;
  bool started_ = false;
  bool finished_ = false;
  bool credentials_refused_ = false;
  std::unique_ptr<AuditEvent> event_;  // null: not recorded
  Sensitivity sensitivity_ = Sensitivity::plain;
  const machinery::Schema* schema_ = nullptr;                    // of the objects in the answer
  std::vector<std::pair<std::string_view, std::string>> early_;  // annotations before it is decided
};

}  // namespace signet::access
