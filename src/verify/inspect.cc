#include "verify/inspect.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "codec/base64.h"
#include "codec/go_quote.h"
#include "codec/rfc3339.h"
#include "jose/jws.h"
#include "token/claims.h"
#include "token/user_info.h"

namespace signet::verify {

namespace {

// 9999-12-31T23:59:59Z: later instants have no RFC 3339 text.
constexpr std::int64_t last_printable_second = 253'402'300'799;

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::string printable(const codec::Json& value) {
  if (value.is_string()) return codec::go_quote(view(value.get_string()));
  auto text = codec::to_json(value);
  // Strings inside it are escaped by JSON, but not DEL, C1 controls or direction marks.
  const bool ascii = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return ascii ? text : codec::go_quote(text);
}

std::string printable_name(std::string_view name) {
  const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  return plain ? std::string(name) : codec::go_quote(name);
}

std::optional<UnixTime> time_of(const codec::Json& value) {
  double seconds = -1;
  if (value.is_int64()) seconds = static_cast<double>(value.get_int64());
  if (value.is_double()) seconds = value.get_double();
  if (!(seconds >= 0 && seconds <= static_cast<double>(last_printable_second))) return std::nullopt;
  return UnixTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::string counted(std::int64_t number, std::string_view unit) {
  return cat(number, ' ', unit, number == 1 ? "" : "s");
}

// The largest unit of which there are at least two, so that the rounding never halves a value.
std::string duration_words(std::int64_t seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  constexpr std::int64_t year = 365 * day;
  if (seconds < 2 * minute) return counted(seconds, "second");
  if (seconds < 2 * hour) return counted(seconds / minute, "minute");
  if (seconds < 2 * day) return counted(seconds / hour, "hour");
  if (seconds < 2 * year) return counted(seconds / day, "day");
  return counted(seconds / year, "year");
}

// "expires in 52 minutes (2026-11-23T20:00:00Z)", or the past of it.
std::string timed(const codec::Json& value, Instant now, std::string_view future,
                  std::string_view past) {
  const auto time = time_of(value);
  if (!time) return "Not a time: must be a number of seconds since 1970.";
  const auto word = *time > whole_seconds(now) ? future : past;
  return cat(word, ' ', relative_time(*time, now), " (", codec::to_rfc3339(*time), ").");
}

std::string algorithm_meaning(std::string_view name) {
  if (name == "RS256") return "Signed with RSA and SHA-256.";
  if (name == "ES256") return "Signed with ECDSA on P-256 and SHA-256.";
  if (name == "ES384") return "Signed with ECDSA on P-384 and SHA-384.";
  if (name == "ES512") return "Signed with ECDSA on P-521 and SHA-512.";
  if (name == "none") return "Not signed at all: nobody may accept this.";
  if (name.starts_with("HS")) return "Made with a shared secret: no service-account token is.";
  return "An algorithm no service-account token uses.";
}

std::string header_meaning(std::string_view name, const codec::Json& value) {
  if (name == "alg") {
    return value.is_string() ? algorithm_meaning(view(value.get_string())) : "Not a name.";
  }
  if (name == "kid") return "Which of the issuer's published keys made the signature.";
  if (name == "typ") return "What kind of token it says it is.";
  if (name == "crit") return "Demands an extension: readers that do not know it must refuse.";
  return "Not part of a service-account token; nothing may rely on it.";
}

std::string subject_meaning(const codec::Json& value) {
  if (!value.is_string()) return "Not a name.";
  const auto account = token::parse_service_account_username(view(value.get_string()));
  if (!account) return "Whom the token stands for; not a service account.";
  return cat("Whom the token stands for: service account ", account->name, " in namespace ",
             account->ns, ".");
}

std::string registered_meaning(std::string_view name, const codec::Json& value, Instant now) {
  if (name == "iss") {
    return value.is_string() && view(value.get_string()) == token::legacy_issuer
               ? "The issuer of every legacy token, whatever the cluster."
               : "Who issued it; its keys are found from here.";
  }
  if (name == "aud") return "For whom it is meant; everybody else must refuse it.";
  if (name == "sub") return subject_meaning(value);
  if (name == "exp") return timed(value, now, "Expires", "Expired");
  if (name == "nbf") return timed(value, now, "Becomes valid", "Valid since");
  if (name == "iat") return timed(value, now, "Issued in the future:", "Issued");
  if (name == "jti") return "The name of this one token, as audit logs show it.";
  return {};
}

struct Meaning {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<Meaning, 13> kubernetes_meanings{{
    {"kubernetes.io.namespace", "The namespace of the account."},
    {"kubernetes.io.serviceaccount.name", "The account."},
    {"kubernetes.io.serviceaccount.uid", "The account's identity: a re-created one has another."},
    {"kubernetes.io.pod.name", "Bound to this pod: without it the token is void."},
    {"kubernetes.io.pod.uid", "The pod's identity: a re-created one has another."},
    {"kubernetes.io.secret.name", "Bound to this secret: without it the token is void."},
    {"kubernetes.io.secret.uid", "The secret's identity: a re-created one has another."},
    {"kubernetes.io.node.name", "The node of the pod, or the node it is bound to."},
    {"kubernetes.io.node.uid", "The node's identity: a re-created one has another."},
    {"kubernetes.io/serviceaccount/namespace", "The namespace of the account."},
    {"kubernetes.io/serviceaccount/secret.name", "The secret that keeps this token."},
    {"kubernetes.io/serviceaccount/service-account.name", "The account."},
    {"kubernetes.io/serviceaccount/service-account.uid",
     "The account's identity: a re-created one has another."},
}};

std::string claim_meaning(std::string_view name, const codec::Json& value, Instant now) {
  if (auto text = registered_meaning(name, value, now); !text.empty()) return text;
  if (name == "kubernetes.io.warnafter") {
    return timed(value, now, "Its lifetime was extended; a fresh one is due",
                 "Its lifetime was extended; a fresh one was due");
  }
  const auto known = std::ranges::find(kubernetes_meanings, name, &Meaning::name);
  if (known != kubernetes_meanings.end()) return std::string(known->text);
  return "Not part of a service-account token.";
}

// Members of `kubernetes.io` are shown one by one, everything else as it is.
void remark_claims(const codec::JsonObject& object, const std::string& prefix, Instant now,
                   std::vector<Remark>& remarks) {
  for (const auto& member : object) {
    const std::string name =
        cat(prefix, std::string_view(member.key().data(), member.key().size()));
    const bool nested = name == "kubernetes.io" || prefix == "kubernetes.io.";
    if (nested && member.value().is_object()) {
      remark_claims(member.value().get_object(), name + ".", now, remarks);
      continue;
    }
    remarks.push_back({.name = printable_name(name),
                       .value = printable(member.value()),
                       .meaning = claim_meaning(name, member.value(), now)});
  }
}

TokenKind kind_of(const codec::JsonObject& claims) {
  const auto* issuer = claims.if_contains("iss");
  if (issuer != nullptr && issuer->is_string() &&
      view(issuer->get_string()) == token::legacy_issuer) {
    return TokenKind::legacy;
  }
  const auto* own = claims.if_contains("kubernetes.io");
  return own != nullptr && own->is_object() ? TokenKind::bound : TokenKind::other;
}

std::vector<std::string> weaknesses_of(TokenKind kind, const codec::JsonObject& claims) {
  if (kind == TokenKind::legacy) {
    return {
        "It never expires: a copy works until somebody deletes the secret or the account.",
        "It has no audience: whoever receives it can use it everywhere the cluster is trusted.",
        "It is bound to no pod: it outlives the workload it was made for.",
        "It is kept in a secret: everybody who may read secrets there can be this account.",
    };
  }
  std::vector<std::string> found;
  if (!claims.contains("exp")) found.emplace_back("It never expires.");
  if (!claims.contains("aud")) found.emplace_back("It has no audience: anybody may accept it.");
  return found;
}

Result<codec::JsonDocument> decode_object(std::string_view part, std::string_view name) {
  const auto text = codec::base64url_decode(part);
  if (!text) return fail(ErrorKind::invalid, cat("token: the ", name, " is not base64url"));
  auto document = codec::parse_json(*text, {.bytes_max = jose::token_bytes_max, .depth_max = 16});
  if (!document || !document->value.is_object()) {
    return fail(ErrorKind::invalid, cat("token: the ", name, " is not a JSON object"));
  }
  return document;
}

void append_remarks(std::string& out, std::string_view title, const std::vector<Remark>& remarks) {
  std::size_t width = 0;
  for (const auto& remark : remarks) width = std::max(width, remark.name.size());
  constexpr std::size_t widest = 50;
  width = std::min(width, widest);
  append(out, '\n', title, '\n');
  for (const auto& remark : remarks) {
    append(out, "  ", remark.name, std::string(width - std::min(width, remark.name.size()), ' '),
           "  ", remark.value, '\n');
    if (!remark.meaning.empty()) {
      append(out, "  ", std::string(width, ' '), "  ", remark.meaning, '\n');
    }
  }
}

codec::JsonArray remarks_json(const std::vector<Remark>& remarks) {
  codec::JsonArray list;
  for (const auto& remark : remarks) {
    list.emplace_back(codec::JsonObject{{"name", remark.name}, {"meaning", remark.meaning}});
  }
  return list;
}

std::string_view kind_sentence(const Inspection& inspection) {
  switch (inspection.kind) {
    case TokenKind::bound: {
      const auto* claims = inspection.claims.as_object().if_contains("kubernetes.io");
      const auto names = [claims](std::string_view what) {
        return claims != nullptr && codec::find(*claims, what) != nullptr;
      };
      if (names("pod")) return "A service-account token, bound to a pod and a time.";
      if (names("secret")) return "A service-account token, bound to a secret and a time.";
      if (names("node")) return "A service-account token, bound to a node and a time.";
      return "A service-account token, bound to a time.";
    }
    case TokenKind::legacy:
      return "A legacy service-account token, kept in a secret.";
    case TokenKind::other:
      return "Not a Kubernetes service-account token.";
  }
  return {};
}

}  // namespace

std::string_view to_string(TokenKind kind) {
  switch (kind) {
    case TokenKind::bound:
      return "bound";
    case TokenKind::legacy:
      return "legacy";
    case TokenKind::other:
      return "other";
  }
  return "other";
}

std::string_view unverified_warning() {
  return "Not verified: the signature was not checked, and anybody can write a token that says "
         "this.";
}

std::string relative_time(UnixTime time, Instant now) {
  const auto seconds = (time - whole_seconds(now)).count();
  if (seconds == 0) return "now";
  return seconds > 0 ? cat("in ", duration_words(seconds)) : cat(duration_words(-seconds), " ago");
}

Result<Inspection> inspect(std::string_view compact, Instant now) {
  if (compact.size() > jose::token_bytes_max) return fail(ErrorKind::invalid, "token: too large");
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) {
    return fail(ErrorKind::invalid, "token: not three parts separated by dots");
  }
  TRY(auto header, decode_object(compact.substr(0, first), "header"));
  TRY(auto claims, decode_object(compact.substr(first + 1, second - first - 1), "payload"));

  Inspection seen;
  const auto& members = claims.value.get_object();
  seen.kind = kind_of(members);
  for (const auto& member : header.value.get_object()) {
    const std::string name(member.key().data(), member.key().size());
    seen.header_remarks.push_back({.name = printable_name(name),
                                   .value = printable(member.value()),
                                   .meaning = header_meaning(name, member.value())});
  }
  remark_claims(members, "", now, seen.claim_remarks);
  seen.weaknesses = weaknesses_of(seen.kind, members);
  for (const auto* document : {&header, &claims}) {
    if (!document->duplicates.empty()) {
      seen.weaknesses.emplace_back("A name occurs twice in it: verifiers refuse it.");
    }
  }
  seen.header = std::move(header.value);
  seen.claims = std::move(claims.value);
  return seen;
}

std::string to_text(const Inspection& inspection) {
  std::string out = cat(kind_sentence(inspection), '\n', unverified_warning(), '\n');
  append_remarks(out, "Header", inspection.header_remarks);
  append_remarks(out, "Claims", inspection.claim_remarks);
  if (!inspection.weaknesses.empty()) {
    out += "\nWeaknesses\n";
    for (const auto& weakness : inspection.weaknesses) append(out, "  - ", weakness, '\n');
  }
  return out;
}

codec::Json to_json(const Inspection& inspection) {
  codec::JsonArray weaknesses;
  for (const auto& weakness : inspection.weaknesses) weaknesses.emplace_back(weakness);
  const auto kind = to_string(inspection.kind);
  const auto warning = unverified_warning();
  return codec::JsonObject{
      {"verified", false},
      {"warning", boost::json::string_view(warning.data(), warning.size())},
      {"kind", boost::json::string_view(kind.data(), kind.size())},
      {"header", inspection.header},
      {"claims", inspection.claims},
      {"headerRemarks", remarks_json(inspection.header_remarks)},
      {"claimRemarks", remarks_json(inspection.claim_remarks)},
      {"weaknesses", std::move(weaknesses)},
  };
}

}  // namespace signet::verify
