// The live objects a token refers to, looked up in a snapshot.
//
// Shape    the views handed out live as long as the snapshot; those of a legacy secret until the
//          next call.
// Threads  one thread.
#pragma once

#include <string>
#include <string_view>

#include "machinery/view.h"
#include "token/checks.h"

namespace signet::identity {

class SnapshotObjects final : public token::LiveObjects {
 public:
  explicit SnapshotObjects(const machinery::Snapshot& snapshot) : snapshot_(snapshot) {}

  std::optional<token::ObjectState> service_account(std::string_view ns,
                                                    std::string_view name) const override;
  std::optional<token::ObjectState> pod(std::string_view ns, std::string_view name) const override;
  std::optional<token::ObjectState> secret(std::string_view ns,
                                           std::string_view name) const override;
  std::optional<token::ObjectState> node(std::string_view name) const override;
  std::optional<token::LegacySecretState> legacy_secret(std::string_view ns,
                                                        std::string_view name) const override;
  bool account_lists_secret(std::string_view ns, std::string_view account,
                            std::string_view secret) const override;

 private:
  const machinery::Snapshot& snapshot_;
  mutable std::string legacy_token_;  // the decoded data.token of the last legacy secret
};

}  // namespace signet::identity
