// `signet verify`: is this token good? Offline by discovery and keys, or by asking the authority.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "authority_client.h"
#include "base/cat.h"
#include "base/files.h"
#include "base/try.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "commands.h"
#include "net/client.h"
#include "net/kubeconfig.h"
#include "token_argument.h"
#include "verify/discovery.h"
#include "verify/inspect.h"
#include "verify/verifier.h"

namespace signet::cmd {
namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

struct Flags {
  std::string token;
  std::string issuer;
  std::vector<std::string> audiences;
  std::string ca_file;
  bool review = false;
  std::string kubeconfig;
  std::string output;
};

// What either way of checking comes to.
struct Verdict {
  bool believed = false;
  std::string reason;  // why not: one word or the server's sentence
  std::string detail;
  std::string username;
  std::vector<std::string> audiences;
  std::vector<std::string> because;  // sentences
  JsonObject claims;                 // who exactly, where it is known
  std::string expires;               // RFC 3339
  std::string expires_in;            // in words
};

void print(const Verdict& verdict, bool json) {
  if (json) {
    JsonObject out{{"verified", verdict.believed}};
    if (verdict.believed) {
      out["username"] = verdict.username;
      out["audiences"] = JsonArray(verdict.audiences.begin(), verdict.audiences.end());
      if (!verdict.claims.empty()) out["kubernetes"] = verdict.claims;
      if (!verdict.expires.empty()) out["expires"] = verdict.expires;
    } else {
      out["reason"] = verdict.reason;
      if (!verdict.detail.empty()) out["detail"] = verdict.detail;
    }
    std::cout << codec::to_pretty_json(out) << '\n';
    return;
  }
  if (!verdict.believed) {
    std::cout << "NOT VERIFIED: " << verdict.reason;
    if (!verdict.detail.empty()) std::cout << ": " << verdict.detail;
    std::cout << '\n';
    return;
  }
  std::cout << "VERIFIED: " << verdict.username << '\n';
  for (const auto& [key, value] : verdict.claims) {
    std::cout << "  " << std::string_view(key) << ": " << codec::string_at(value, "name");
    if (const auto uid = codec::string_at(value, "uid"); !uid.empty()) {
      std::cout << " (uid " << uid << ')';
    }
    std::cout << '\n';
  }
  for (const auto& sentence : verdict.because) std::cout << "  because " << sentence << '\n';
  if (!verdict.expires.empty()) {
    std::cout << "  until " << verdict.expires << " (" << verdict.expires_in << ")\n";
  }
}

JsonObject reference(const token::ObjectRef& ref) {
  JsonObject out{{"name", ref.name}};
  if (!ref.uid.empty()) out["uid"] = ref.uid;
  return out;
}

Verdict accepted(const verify::VerifiedToken& token, std::string_view jwks_uri, Instant now) {
  const auto& claims = token.claims();
  Verdict verdict{.believed = true};
  verdict.username = claims.subject;
  verdict.audiences = token.matched_audiences();
  if (!claims.ns.empty()) verdict.claims["namespace"] = JsonObject{{"name", claims.ns}};
  if (!claims.service_account.name.empty()) {
    verdict.claims["service account"] = reference(claims.service_account);
  }
  if (claims.pod) verdict.claims["pod"] = reference(*claims.pod);
  if (claims.secret) verdict.claims["secret"] = reference(*claims.secret);
  if (claims.node) verdict.claims["node"] = reference(*claims.node);
  verdict.because = {cat("its signature was made by a key published at ", jwks_uri),
                     cat("its issuer is ", claims.issuer),
                     cat("it is meant for ", token.matched_audiences().front())};
  verdict.expires = codec::to_rfc3339(token.expires_at());
  verdict.expires_in = verify::relative_time(token.expires_at(), now);
  return verdict;
}

Result<Verdict> verify_offline(const Flags& flags, const std::string& token) {
  net::ClientOptions options;
  if (!flags.ca_file.empty()) {
    TRY(options.ca_pem, read_file(flags.ca_file, std::size_t{1} << 20U));
  }
  net::HttpClient client(std::move(options));
  const auto fetch = [&client](const std::string& url,
                               std::size_t bytes_max) -> Result<std::string> {
    TRY(auto reply, client.send({.method = "GET", .url = url, .headers = {}, .body = {}}));
    if (reply.status != 200) {
      return fail(ErrorKind::unavailable, cat(url, " answered ", reply.status));
    }
    if (reply.body.size() > bytes_max) return fail(ErrorKind::exhausted, cat(url, " is too large"));
    return std::move(reply.body);
  };
  TRY(auto loaded, verify::load_keys(flags.issuer, fetch));
  auto keys = std::make_shared<verify::FixedKeys>(std::move(loaded.jwks.keys));
  auto verifier = verify::TokenVerifier::create(
      {.issuer = flags.issuer,
       .audiences = flags.audiences,
       .lifetime_max = std::chrono::days{366}},  // a person may ask about an extended token
      std::move(keys));
  if (!verifier) {
    std::string problems;
    for (const auto& problem : verifier.error())
      append(problems, problems.empty() ? "" : "; ", problem);
    return fail(ErrorKind::invalid, problems);
  }
  const auto now = SystemClock().now();
  const auto verified = verifier->verify(token, now);
  if (verified) return accepted(*verified, loaded.discovery.jwks_uri, now);
  Verdict verdict;
  verdict.reason = verify::to_string(verified.error().reason);
  verdict.detail = verified.error().detail;
  return verdict;
}

Result<Verdict> verify_by_review(const Flags& flags, const std::string& token) {
  TRY(const auto access, net::load_kubeconfig(flags.kubeconfig));
  JsonObject spec{{"token", token}};
  if (!flags.audiences.empty()) {
    spec["audiences"] = JsonArray(flags.audiences.begin(), flags.audiences.end());
  }
  TRY(const auto review,
      ask_authority(access, {.method = "POST",
                             .path = "/apis/authentication.k8s.io/v1/tokenreviews",
                             .body = JsonObject{{"apiVersion", "authentication.k8s.io/v1"},
                                                {"kind", "TokenReview"},
                                                {"spec", spec}}}));
  Verdict verdict;
  verdict.believed = codec::bool_at(review, "status.authenticated").value_or(false);
  verdict.username = codec::string_at(review, "status.user.username");
  for (const auto& audience : codec::array_at(review, "status.audiences")) {
    if (audience.is_string()) verdict.audiences.emplace_back(audience.as_string());
  }
  // An authority that knows nothing of audiences accepts for itself only.
  if (verdict.believed && !flags.audiences.empty() && verdict.audiences.empty()) {
    verdict.believed = false;
    verdict.reason = "the authority did not check the audience";
    return verdict;
  }
  verdict.reason = codec::string_at(review, "status.error");
  verdict.because = {cat("the authority at ", access.server, " says so")};
  for (const auto& audience : verdict.audiences) {
    verdict.because.push_back(cat("it is meant for ", audience));
  }
  const auto& extra = codec::object_at(review, "status.user.extra");
  const auto bound_to = [&](std::string_view what) {
    const auto value = [&](std::string_view suffix) -> std::string {
      const auto* list = extra.if_contains(cat("authentication.kubernetes.io/", what, suffix));
      if (list == nullptr || !list->is_array() || list->as_array().empty()) return {};
      const auto& first = list->as_array().front();
      return first.is_string() ? std::string(first.as_string()) : std::string();
    };
    const auto name = value("-name");
    const auto uid = value("-uid");
    if (!name.empty()) verdict.claims[what] = reference({.name = name, .uid = uid});
  };
  bound_to("pod");
  bound_to("node");
  return verdict;
}

int verify_token(const Flags& flags) {
  const auto token = read_token(flags.token);
  if (!token) {
    std::cerr << "signet: " << token.error().message << '\n';
    return exit_unknown;
  }
  const auto verdict =
      flags.review ? verify_by_review(flags, *token) : verify_offline(flags, *token);
  if (!verdict) {
    std::cerr << "signet: cannot tell: " << verdict.error().message << '\n';
    return exit_unknown;
  }
  print(*verdict, flags.output == "json");
  return verdict->believed ? exit_yes : exit_no;
}

}  // namespace

void add_verify(CLI::App& app, Run& run) {
  auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("verify", "Check a token and say whose it is");
  command->add_option("TOKEN", flags->token, "The token, or - for standard input")->required();
  auto* issuer = command->add_option("--issuer", flags->issuer,
                                     "Issuer URL: keys come from its discovery document");
  auto* audience = command->add_option("--audience", flags->audiences,
                                       "Audience the token must name, repeatable");
  command->add_option("--ca", flags->ca_file, "PEM file the issuer's server is checked with");
  auto* review = command->add_flag("--review", flags->review, "Ask the authority (TokenReview)");
  auto* kubeconfig = command->add_option("--kubeconfig", flags->kubeconfig,
                                         "How to reach the authority, with --review");
  command->add_option("-o,--output", flags->output, "json")->check(CLI::IsMember({"json"}));
  review->needs(kubeconfig);
  kubeconfig->needs(review);
  issuer->needs(audience);
  review->excludes(issuer);
  command->callback([flags, &run] {
    if (!flags->review && flags->issuer.empty()) {
      throw CLI::ValidationError("give --issuer and --audience, or --review and --kubeconfig");
    }
    run = [flags] { return verify_token(*flags); };
  });
}

}  // namespace signet::cmd
