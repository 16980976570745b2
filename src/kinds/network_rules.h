// Addresses and ports, as services and endpoints name them.
//
// Source   core/v1; texts are wire facts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "machinery/field_error.h"

namespace signet::kinds {

bool is_ip_v4(std::string_view text);
bool is_ip_v6(std::string_view text);

void validate_ip(std::string_view text, const std::string& path, machinery::FieldErrors& errors);
// Also refuses the addresses that mean no other machine: unspecified, loopback, link-local.
void validate_remote_ip(std::string_view text, const std::string& path,
                        machinery::FieldErrors& errors);
// An absent number is 0.
void validate_port(const codec::Json& holder, std::string_view key, const std::string& where,
                   machinery::FieldErrors& errors);
// A port by its name, as containers name theirs.
void validate_port_name(std::string_view name, const std::string& path,
                        machinery::FieldErrors& errors);
// The number or name that `key` holds; an absent one is the number 0.
void validate_port_reference(const codec::Json& holder, std::string_view key,
                             const std::string& where, machinery::FieldErrors& errors);
// One of `supported`; an absent one is refused as required unless `optional`.
void validate_one_of(const codec::Json& holder, std::string_view key, const std::string& where,
                     const std::vector<std::string_view>& supported, bool optional,
                     machinery::FieldErrors& errors);
// name, protocol and appProtocol of a port; with several ports each needs a name.
void validate_named_port(const codec::Json& port, const std::string& where, bool name_required,
                         machinery::FieldErrors& errors);

}  // namespace signet::kinds
