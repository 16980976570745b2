#include "identity/file_keys.h"

#include <algorithm>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "identity/discovery_documents.h"

namespace signet::identity {
namespace {

constexpr std::chrono::seconds interval{1};

std::string signing_kid(const KeySet& keys) {
  return jose::key_id(keys.signing->key.public_key());
}

bool verifies_own_tokens(const KeySet& keys) {
  const auto kid = signing_kid(keys);
  return std::ranges::any_of(keys.verification, [&](const auto& key) { return key.kid == kid; });
}

bool same(const KeySet& a, const KeySet& b) {
  return a.signing->key.public_key() == b.signing->key.public_key() &&
         std::ranges::equal(a.verification, b.verification, {}, &jose::VerificationKey::kid,
                            &jose::VerificationKey::kid);
}

}  // namespace

FileKeys::FileKeys(Options options, const KeySetPtr& keys, const Clock& clock,
                   telemetry::Registry& metrics)
    : options_(std::move(options)),
      clock_(clock),
      ring_(keys),
      good_(metrics.counter("signet_key_file_reloads_total",
                            "Changes of the key files that were looked at.",
                            {{"status", "success"}})),
      bad_(metrics.counter("signet_key_file_reloads_total",
                           "Changes of the key files that were looked at.",
                           {{"status", "failure"}})),
      failing_(metrics.gauge("signet_key_files_failing",
                             "1 while the key files cannot be used as they are.")),
      failed_at_(metrics.gauge("signet_key_files_last_failure_timestamp_seconds",
                               "When the key files were found unusable; 0: never.")),
      changed_at_(metrics.gauge("signet_key_files_last_change_timestamp_seconds",
                                "When new content of the key files came into force.")),
      signing_(metrics.gauge("signet_signing_keys", "Signing keys by their state.",
                             {{"state", "signing"}})),
      verifying_(metrics.gauge("signet_signing_keys", "Signing keys by their state.",
                               {{"state", "verifying"}})) {
  content_ = fingerprint(options_.files).value_or("");
  note(*keys);
}

Result<std::unique_ptr<FileKeys>> FileKeys::open(Options options, const Clock& clock,
                                                 telemetry::Registry& metrics) {
  TRY(auto keys, load_key_set(options.files));
  if (!verifies_own_tokens(*keys)) {
    log::warn("the key that signs is not among those that verify: our own tokens are refused",
              {{"kid", signing_kid(*keys)}});
  }
  std::unique_ptr<FileKeys> file_keys(new FileKeys(std::move(options), keys, clock, metrics));
  if (file_keys->options_.follow) {
    file_keys->looking_.emplace(interval, [held = file_keys.get()] { held->look(); });
  }
  return file_keys;
}

Result<KeySetPtr> FileKeys::read() const {
  TRY(auto keys, load_key_set(options_.files));
  if (!verifies_own_tokens(*keys) && verifies_own_tokens(*ring_.current())) {
    return fail(ErrorKind::invalid,
                cat("the key of ", options_.files.signing_key_file,
                    " is in no file of --service-account-key-file: tokens that it signs would be "
                    "refused"));
  }
  return keys;
}

void FileKeys::look() {
  const auto content = fingerprint(options_.files);
  if (content && *content == content_) return;
  auto keys = content ? read() : std::unexpected(content.error());
  content_ = content.value_or("");
  failing_.set(keys ? 0 : 1);
  if (!keys) {
    // Once for as long as it stays as it is.
    if (std::exchange(last_error_, keys.error().message) == keys.error().message) return;
    bad_.add();
    failed_at_.set(static_cast<double>(unix_seconds(clock_.now())));
    log::error("the signing keys stay as they were", {{"reason", keys.error().message}});
    return;
  }
  last_error_.clear();
  if (same(**keys, *ring_.current())) return;
  warn_if_unknown(**keys);
  note(**keys);
  ring_.replace(*keys);
  good_.add();
  log::info("the signing keys were reloaded", {{"kid", signing_kid(**keys)}});
}

void FileKeys::warn_if_unknown(const KeySet& keys) const {
  const auto kid = signing_kid(keys);
  const auto now = whole_seconds(clock_.now());
  const bool known = seen_.with([&](const std::vector<Seen>& seen) {
    return std::ranges::any_of(seen, [&](const Seen& key) {
      return key.kid == kid && key.since + key_set_max_age <= now;
    });
  });
  const bool signs_already = kid == signing_kid(*ring_.current());
  if (known || signs_already) return;
  log::warn(
      "a key signs that relying parties may not know yet: it was not published for as long "
      "as they may keep our keys",
      {{"kid", kid}});
}

void FileKeys::note(const KeySet& keys) {
  const auto now = whole_seconds(clock_.now());
  changed_at_.set(static_cast<double>(now.time_since_epoch().count()));
  signing_.set(1);
  verifying_.set(static_cast<double>(keys.verification.size()));
  seen_.with([&](std::vector<Seen>& seen) {
    std::vector<Seen> next;
    const auto signing = signing_kid(keys);
    const bool signs_on = !seen.empty() && seen.front().kid == signing;
    next.push_back({.kid = signing, .since = signs_on ? seen.front().since : now});
    for (const auto& key : keys.verification) {
      const auto known = seen.empty()
                             ? seen.end()
                             : std::ranges::find(seen.begin() + 1, seen.end(), key.kid, &Seen::kid);
      next.push_back({.kid = key.kid, .since = known == seen.end() ? now : known->since});
    }
    seen = std::move(next);
  });
}

KeyList FileKeys::key_list() const {
  const auto keys = ring_.current();
  const auto seen = seen_.with([](const std::vector<Seen>& held) { return held; });
  const auto since = [&](std::size_t index) {
    return index < seen.size() ? seen[index].since : whole_seconds(clock_.now());
  };
  KeyList list;
  list.push_back({.kid = signing_kid(*keys),
                  .algorithm = std::string(jose::to_string(keys->signing->algorithm)),
                  .state = "signing",
                  .since = since(0),
                  .signs_from = std::nullopt,
                  .verifies_until = std::nullopt,
                  .why = cat("it is in ", options_.files.signing_key_file)});
  for (std::size_t i = 0; i < keys->verification.size(); ++i) {
    list.push_back({.kid = keys->verification[i].kid,
                    .algorithm = std::string(jose::to_string(keys->verification[i].algorithm)),
                    .state = "verifying",
                    .since = since(i + 1),
                    .signs_from = std::nullopt,
                    .verifies_until = std::nullopt,
                    .why = "as long as it is in a file of --service-account-key-file"});
  }
  return list;
}

Callback<Result<KeyList>> FileKeys::list(Executor& loop) {
  return answer(key_list(), loop);
}

Callback<Result<KeyList>> FileKeys::rotate(Rotation, Executor& loop) {
  return answer(
      fail(ErrorKind::conflict,
           cat("the keys come from files: add the new public key to a file of "
               "--service-account-key-file, wait at least ",
               key_set_max_age.count(),
               " seconds until relying parties have it, then replace the file of "
               "--service-account-signing-key-file; both are followed, without a restart")),
      loop);
}

Callback<Result<KeyList>> FileKeys::retire(std::string, bool, Executor& loop) {
  return answer(fail(ErrorKind::conflict,
                     "the keys come from files: take the key out of the files of "
                     "--service-account-key-file, which are followed, without a restart"),
                loop);
}

}  // namespace signet::identity
