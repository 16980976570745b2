// What an HTTP exchange is to a handler, whatever version carried it.
//
//   Task<Response> hello(Request request) {
//     co_return Response{.status = 200, .content_type = "text/plain", .body = "hello"};
//   }
//
// Shape    a Request owns its bytes; a Response body is bytes or a stream that goes on (a watch).
// Threads  a request, its handler and its stream live on one loop.
// Source   RFC 9110.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/task.h"

namespace signet::net {

class RequestRecord;

// Who proved possession of a client certificate that our client CA signed. Already verified.
struct PeerCertificate {
  std::string common_name;
  std::vector<std::string> organizations;  // subject O, in order
  std::vector<std::string> uids;           // subject 1.3.6.1.4.1.57683.2, Kubernetes' own
  std::string sha256;                      // of the DER, lower-case hex
};

struct Request {
  std::string method;  // as sent: "GET"
  std::string path;    // percent-encoded as sent, without the query: "/api/v1/pods"
  std::string query;   // without "?", still encoded
  // Names in lower case, in the order of arrival.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const PeerCertificate> peer;  // null without a certificate
  std::string remote_address;                   // "127.0.0.1:53412"; "unix:" over a socket file
  RequestRecord* record = nullptr;              // null: nobody keeps one; see request_record.h
  // Becomes true when nobody waits for the answer any more. Null: nobody would know.
  std::shared_ptr<const bool> abandoned;

  // The first header of that (lower-case) name, or empty.
  std::string_view header(std::string_view name) const;
};

// Where a stream writes. Belongs to the connection; every call on its loop.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // Queues bytes and sends them as soon as the peer takes them. False once the connection is gone
  // or the peer is so slow that the queue passed its limit; nothing more will be sent then.
  virtual bool write(std::string_view bytes) = 0;
  // Ends the response properly.
  virtual void finish() = 0;
};

// A body that goes on. Destroyed when the peer has gone, after finish(), or when the server stops.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // Called once, after the response head was queued; `sink` outlives this object.
  virtual void start(StreamSink& sink) = 0;
};

struct Response {
  int status = 200;
  std::string content_type;                                  // empty: no such header
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::variant<std::string, std::shared_ptr<const std::string>, std::unique_ptr<BodyStream>> body;

  // The bytes of a body that is not a stream; empty for a stream.
  std::string_view bytes() const;
};

// Runs on the loop that read the request, up to its first wait and after it.
using Handler = std::function<Task<Response>(Request)>;

}  // namespace signet::net
