// What is known of a request beside its answer, told to whoever keeps a record of requests.
//
//   if (request.record != nullptr) request.record->annotate(issued_id_key, cat("JTI=", id));
//
// Shape    the server's front door sets Request::record for requests that are recorded; nobody else
//          needs to know whether they are, or by whom.
// Threads  the loop of the request.
#pragma once

#include <string>
#include <string_view>

namespace boost::json {
class value;
}  // namespace boost::json

namespace signet::net {

class RequestRecord {
 public:
  virtual ~RequestRecord() = default;
  // A fact under its well-known name, which outlives the record; of two under one name the first
  // stays. Never a secret.
  virtual void annotate(std::string_view name, std::string value) = 0;
  // The body as it was understood, as soon as it is. Whoever records it leaves out its secrets.
  virtual void note_body(const boost::json::value& object) = 0;
};

}  // namespace signet::net
