// Large answers to reads are compressed for clients that can undo it.
//
// Shape    as Kubernetes: gzip, from 128 KiB on, never a watch.
// Source   RFC 9110 s8.4, s12.5.3; api.md A.5.
#pragma once

#include "net/http.h"

namespace signet::server {

bool accepts_gzip(const net::Request& request);
// Compresses the body of a 200 that is large enough; leaves every other answer alone.
void compress(net::Response& response);

}  // namespace signet::server
