// What may stand in the fields of a pod that touch the host it runs on: identities, ports, names
// and resolution.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

// A user or group id at `key` of a security context; absent is right.
void validate_id(const codec::Json& context, std::string_view key, const std::string& where,
                 machinery::FieldErrors& errors);

// spec.securityContext, and the ports of a pod in the host's network.
void validate_pod_security(const codec::Json& pod, machinery::FieldErrors& errors);
// Each host port once in the list of containers at `list` ("spec.containers").
void validate_host_ports(const codec::Json& pod, std::string_view list,
                         machinery::FieldErrors& errors);
// spec.dnsPolicy and spec.dnsConfig.
void validate_dns(const codec::Json& pod, machinery::FieldErrors& errors);
// spec.hostname, spec.subdomain.
void validate_host_names(const codec::Json& pod, machinery::FieldErrors& errors);
void validate_host_aliases(const codec::Json& pod, machinery::FieldErrors& errors);

}  // namespace signet::kinds
