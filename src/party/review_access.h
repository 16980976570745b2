// How to reach a cluster that is asked about tokens, read from the files of a ReviewSource.
//
//   TRY(auto access, read_access(source));
//   fetcher.start(review_request(access, body, timeout), ...);
//
// Shape    read again every 10 s and after the cluster refused us, so that a rotated token or
//          kubeconfig counts without a restart.
// Errors   invalid: no https server; what cannot be read.
// Source   verify.md K-1 108.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/fetcher.h"
#include "party/documents.h"

namespace signet::party {

struct ReviewAccess {
  std::string server;  // without a final slash
  std::string token;
  std::shared_ptr<const net::FetchTrust> trust;
  net::AddressRules addresses;
};

Result<ReviewAccess> read_access(const ReviewSource& source);

net::FetchRequest review_request(const ReviewAccess& access, std::string body,
                                 std::chrono::milliseconds timeout);

}  // namespace signet::party
