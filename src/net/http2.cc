#include "net/connection_impl.h"
namespace signet::net {
std::unique_ptr<Protocol> make_http2(Connection& connection) {
  return make_http1(connection);
}
}  // namespace signet::net
