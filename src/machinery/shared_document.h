// A document that is rendered once and sent often: its bytes and the tag by which caches know it.
//
//   return document.answer(request, "application/json");
//
// Threads  immutable.
// Source   RFC 9110 s8.8.3, s13.1.2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace signet::machinery {

class SharedDocument {
 public:
  explicit SharedDocument(std::string bytes);

  // SHA-512 in upper-case hexadecimal, as Kubernetes names its documents; without quotes.
  const std::string& tag() const { return tag_; }
  std::string_view bytes() const { return *bytes_; }

  // 200, or 304 for a client that has it; with ETag, and Vary because forms differ by Accept.
  net::Response answer(const net::Request& request, std::string content_type) const;

 private:
  std::string tag_;
  std::shared_ptr<const std::string> bytes_;
};

// JSON as it is sent: with a final newline.
SharedDocument json_document(std::string json);

}  // namespace signet::machinery
