// What an issuer's entry in the configuration must be like.
#pragma once

#include <span>
#include <string>

#include "machinery/field_error.h"
#include "oidc/configuration.h"

namespace signet::oidc {

void check_issuer(const Issuer& issuer, std::span<const std::string> own_issuers,
                  const std::string& path, machinery::FieldErrors& errors);

}  // namespace signet::oidc
