// The discovery documents as files of a static web host: an authority that relying parties cannot
// reach publishes its keys through somebody whom they can.
//
//   TRY(const auto files, export_documents({.issuer = "https://keys.example.com/eu"}, jwks));
//   for (const auto& file : files) ...;  // in this order: a document never names a missing file
//
// Shape    the folder of the files stands for the issuer's URL: `path` is relative to it.
// Errors   invalid: an issuer that cannot have documents, a `jwks_uri` that is not below it, or
//          keys that a relying party could not use.
// Threads  pure.
// Source   OpenID Connect Discovery 1.0 s4; tokens.md 8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace signet::identity {

struct ExportedFile {
  std::string path;
  std::string url;
  std::string content_type;  // what the host has to send
  std::string bytes;
};

struct ExportPlace {
  std::string issuer;
  std::string jwks_uri;  // empty: ISSUER/openid/v1/jwks
};

// `jwks` is exported byte for byte.
Result<std::vector<ExportedFile>> export_documents(const ExportPlace& place, std::string jwks);

}  // namespace signet::identity
