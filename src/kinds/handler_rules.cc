#include "kinds/handler_rules.h"

#include <algorithm>

#include "base/cat.h"
#include "kinds/common.h"
#include "kinds/network_rules.h"

namespace signet::kinds {
namespace {

using codec::Json;
using machinery::FieldErrors;
using machinery::quoted;

void validate_http(const Json& action, const std::string& where, FieldErrors& errors) {
  if (codec::string_at(action, "path").empty()) errors.required(cat(where, ".path"));
  validate_port_reference(action, "port", where, errors);
  validate_one_of(action, "scheme", where, {"HTTP", "HTTPS"}, false, errors);
  for (const Json& header : codec::array_at(action, "httpHeaders")) {
    const auto name = codec::string_at(header, "name");
    const bool good = !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (good) continue;
    errors.invalid(cat(where, ".httpHeaders"), quoted(name),
                   "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. "
                   "'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')");
  }
}

void validate_action(std::string_view type, const Json& action, const std::string& where,
                     FieldErrors& errors) {
  if (type == "exec") {
    if (codec::array_at(action, "command").empty()) errors.required(cat(where, ".command"));
  } else if (type == "httpGet") {
    validate_http(action, where, errors);
  } else if (type == "tcpSocket") {
    validate_port_reference(action, "port", where, errors);
  } else if (type == "grpc") {
    validate_port(action, "port", where, errors);
  }
}

void validate_handler(const Json& handler, const std::string& where, FieldErrors& errors) {
  bool found = false;
  for (const std::string_view type : {"exec", "httpGet", "tcpSocket", "grpc", "sleep"}) {
    const auto* action = member(handler, type);
    if (action == nullptr) continue;
    const auto at = cat(where, '.', type);
    if (found) {
      errors.forbidden(at, "may not specify more than 1 handler type");
    } else {
      validate_action(type, *action, at, errors);
    }
    found = true;
  }
  if (!found) errors.required(where, "must specify a handler type");
}

void validate_probe(const Json& probe, std::string_view name, const std::string& where,
                    FieldErrors& errors) {
  validate_handler(probe, where, errors);
  for (const std::string_view key : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                     "successThreshold", "failureThreshold"}) {
    const auto number = codec::int_at(probe, key).value_or(0);
    if (number >= 0) continue;
    errors.invalid(cat(where, '.', key), cat(number), "must be greater than or equal to 0");
  }
  const auto grace = codec::int_at(probe, "terminationGracePeriodSeconds");
  const auto grace_path = cat(where, ".terminationGracePeriodSeconds");
  if (grace && *grace <= 0) errors.invalid(grace_path, cat(*grace), "must be greater than 0");
  if (name == "readinessProbe") {
    if (grace) errors.invalid(grace_path, cat(*grace), "must not be set for readinessProbes");
    return;
  }
  // Only readiness can come and go.
  const auto successes = codec::int_at(probe, "successThreshold").value_or(0);
  if (successes == 1) return;
  errors.invalid(cat(where, ".successThreshold"), cat(successes), "must be 1");
}

}  // namespace

void validate_handlers(const Json& container, const std::string& where, bool running,
                       FieldErrors& errors) {
  for (const std::string_view name :
       {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
    const auto* held = member(container, name);
    if (held == nullptr) continue;
    const auto at = cat(where, '.', name);
    if (!running) {
      errors.forbidden(at, "may not be set for init containers without restartPolicy=Always");
    } else if (name != "lifecycle") {
      validate_probe(*held, name, at, errors);
    } else {
      for (const std::string_view hook : {"postStart", "preStop"}) {
        if (const auto* handler = member(*held, hook)) {
          validate_handler(*handler, cat(at, '.', hook), errors);
        }
      }
    }
  }
}

}  // namespace signet::kinds
