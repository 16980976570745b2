// Asks a running authority one thing and reads the JSON it answers.
//
//   TRY(const auto access, net::load_kubeconfig(path));
//   TRY(const auto keys, ask_authority(access, {.path = "/signet/v1/keys"}));
//
// Errors   unavailable: it could not be reached; else the kind and the sentence of the Status it
//          answered with.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"
#include "net/kubeconfig.h"

namespace signet::cmd {

struct AuthorityQuestion {
  std::string method = "GET";
  std::string path;
  codec::Json body;  // null: none
};

Result<codec::Json> ask_authority(const net::AuthorityAccess& access,
                                  const AuthorityQuestion& question);

// The kubeconfig that is meant where none was named: $KUBECONFIG, if that is one file.
std::string default_kubeconfig();
// What is said where that is none.
inline constexpr std::string_view which_authority =
    "signet: say which authority: --kubeconfig FILE, or $KUBECONFIG\n";

}  // namespace signet::cmd
