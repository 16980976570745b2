#include "identity/key_store.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <utility>

#include "base/cat.h"
#include "base/log.h"
#include "base/try.h"
#include "token/lifetime.h"

namespace signet::identity {
namespace {

constexpr std::size_t key_bytes_max = std::size_t{64} * 1024;
constexpr std::string_view key_suffix = ".key";
constexpr std::string_view unfinished_suffix = ".new";  // base/files.h writes there first

// "0012.key" is 12; 0 for any other name.
unsigned number_of(std::string_view name) {
  if (!name.ends_with(key_suffix)) return 0;
  name.remove_suffix(key_suffix.size());
  unsigned number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

bool is_unfinished(std::string_view name) {
  if (!name.ends_with(unfinished_suffix)) return false;
  name.remove_suffix(unfinished_suffix.size());
  return name == KeyStore::book_name || number_of(name) != 0;
}

KeyRecord record_of(const crypto::PublicKey& key, std::string file, UnixTime since,
                    UnixTime signs_from) {
  return {.kid = jose::key_id(key),
          .file = std::move(file),
          .algorithm = jose::algorithm_of(key.type()),
          .since = since,
          .signs_from = signs_from,
          .stopped = std::nullopt};
}

}  // namespace

Result<crypto::PrivateKey> make_signing_key(crypto::NewKey kind) {
  for (;;) {
    TRY(auto key, crypto::PrivateKey::generate(kind));
    if (!jose::key_id(key.public_key()).starts_with('-')) return key;
  }
}

Result<std::unique_ptr<KeyStore>> KeyStore::open(std::unique_ptr<KeyDirectory> directory,
                                                 crypto::NewKey first, UnixTime now) {
  std::unique_ptr<KeyStore> store(new KeyStore(std::move(directory)));
  TRY_VOID(store->load(first, now));
  return store;
}

Result<void> KeyStore::load(crypto::NewKey first, UnixTime now) {
  TRY(const auto names, directory_->list());
  for (const auto& name : names) last_number_ = std::max(last_number_, number_of(name));
  const auto text = directory_->read(std::string(book_name), KeyBook::text_bytes_max);
  if (!text && text.error().kind != ErrorKind::not_found) return std::unexpected(text.error());
  if (!text) {
    TRY_VOID(adopt(names, now));
  } else {
    auto book = KeyBook::parse(*text);
    if (!book) {
      return fail(ErrorKind::invalid,
                  cat(directory_->path_of(book_name), " is damaged: ", book.error().message,
                      "; bring back what it was, or remove it: then the newest key signs and all "
                      "are believed until they are retired"));
    }
    book_ = *std::move(book);
  }
  for (const auto& key : book_.keys()) last_number_ = std::max(last_number_, number_of(key.file));

  KeyBook loaded = book_;
  for (const auto& key : book_.keys()) {
    if (key.state == KeyState::gone) continue;
    TRY(const bool there, load_key(key));
    if (!there) loaded.forget(key.kid);
  }
  loaded.note_stopped(now);
  loaded.expire(now);
  for (const auto& name : names) clear_up(name);
  if (loaded.signing() == nullptr) {
    book_ = std::move(loaded);
    return make_first(first, now);
  }
  if (!text || loaded.keys() != book_.keys()) TRY_VOID(save(std::move(loaded)));
  remove_gone();
  keep_public_halves();
  return {};
}

void KeyStore::clear_up(const std::string& name) {
  if (name == book_name) return;
  const auto named = std::ranges::find(book_.keys(), name, &KeyRecord::file);
  const bool known = named != book_.keys().end();
  if (known && named->state != KeyState::gone) return;
  if (!known && !is_unfinished(name)) {
    log::warn("a file among the signing keys is none of ours and is ignored", {{"file", name}});
    return;
  }
  if (const auto removed = directory_->remove(name); !removed) {
    log::warn("a leftover among the signing keys stays", {{"reason", removed.error().message}});
  }
}

Result<void> KeyStore::adopt(const std::vector<std::string>& names, UnixTime now) {
  std::vector<std::string> files;
  std::ranges::copy_if(names, std::back_inserter(files),
                       [](const std::string& name) { return name.ends_with(key_suffix); });
  for (const auto& file : files) {
    TRY(const auto pem, directory_->read(file, key_bytes_max));
    auto key = crypto::PrivateKey::parse_pem(pem);
    if (!key) return in_context(directory_->path_of(file), key.error());
    auto record = record_of(key->public_key(), file, now, now);
    record.longest = token::lifetime_max;
    record.signed_endless = true;
    if (book_.find(record.kid) != nullptr) {
      return fail(ErrorKind::invalid,
                  cat(directory_->path_of(file), " holds the same key as another file beside it"));
    }
    if (book_.signing() == nullptr) {
      book_.begin(std::move(record));
    } else {
      TRY_VOID(book_.publish(std::move(record), false));
      TRY_VOID(book_.switch_over(now));
    }
  }
  return {};
}

Result<void> KeyStore::make_first(crypto::NewKey first, UnixTime now) {
  TRY(const auto key, make_signing_key(first));
  auto next = book_;
  auto record = record_of(key.public_key(), next_file_name(), now, now);
  const auto file = record.file;
  next.begin(std::move(record));
  TRY_VOID(save(std::move(next)));
  TRY_VOID(directory_->write(file, key.to_pem().reveal()));
  hold(key);
  return {};
}

Result<bool> KeyStore::load_key(const KeyRecord& key) {
  const auto pem = directory_->read(key.file, key_bytes_max);
  if (!pem && pem.error().kind == ErrorKind::not_found) {
    if (key.never_signed()) return false;
    return fail(ErrorKind::unavailable,
                cat(directory_->path_of(key.file),
                    " is missing, and tokens that the key signed would be refused: bring it back, "
                    "or remove ",
                    book_name, " to go on without it"));
  }
  if (!pem) return std::unexpected(pem.error());
  auto whole = crypto::PrivateKey::parse_pem(*pem);
  auto halves = crypto::parse_public_keys(*pem);
  const bool half_is_enough = key.state == KeyState::retiring && halves;
  if (!whole && !half_is_enough) {
    return fail(ErrorKind::invalid,
                cat(directory_->path_of(key.file), ": ", whole.error().message));
  }
  auto found = whole ? whole->public_key() : halves->front();
  if (jose::key_id(found) != key.kid) {
    return fail(ErrorKind::invalid,
                cat(directory_->path_of(key.file), " holds another key than ", book_name, " says"));
  }
  if (whole) private_.insert_or_assign(key.kid, *std::move(whole));
  public_.insert_or_assign(key.kid, std::move(found));
  return true;
}

std::vector<crypto::PublicKey> KeyStore::verification() const {
  std::vector<crypto::PublicKey> keys;
  for (const auto& key : book_.keys()) {
    if (key.state != KeyState::gone) keys.push_back(public_.at(key.kid));
  }
  return keys;
}

void KeyStore::hold(const crypto::PrivateKey& key) {
  const auto kid = jose::key_id(key.public_key());
  private_.insert_or_assign(kid, key);
  public_.insert_or_assign(kid, key.public_key());
}

std::string KeyStore::next_file_name() {
  constexpr std::size_t digits = 4;
  const auto number = std::to_string(++last_number_);
  return cat(std::string(digits - std::min(digits, number.size()), '0'), number, key_suffix);
}

Result<void> KeyStore::save(KeyBook next) {
  TRY_VOID(directory_->write(std::string(book_name), next.to_text()));
  book_ = std::move(next);
  return {};
}

Result<void> KeyStore::publish(const crypto::PrivateKey& key, UnixTime now, UnixTime signs_from,
                               bool replace) {
  const auto before = book_;
  auto next = book_;
  auto record = record_of(key.public_key(), next_file_name(), now, signs_from);
  const auto file = record.file;
  TRY_VOID(next.publish(std::move(record), replace));
  TRY_VOID(save(std::move(next)));
  if (auto written = directory_->write(file, key.to_pem().reveal()); !written) {
    // What stays of it on disk is a name without a file.
    book_ = before;
    if (auto undone = save(before); !undone) {
      log::warn("a key that was not made stays in the book", {{"reason", undone.error().message}});
    }
    return written;
  }
  hold(key);
  remove_gone();
  return {};
}

Result<void> KeyStore::switch_over(UnixTime now) {
  auto next = book_;
  TRY_VOID(next.switch_over(now));
  return save(std::move(next));
}

Result<void> KeyStore::note_stopped(UnixTime now) {
  auto next = book_;
  next.note_stopped(now);
  if (next.keys() != book_.keys()) TRY_VOID(save(std::move(next)));
  keep_public_halves();
  return {};
}

Result<void> KeyStore::promise(std::string_view kid, std::chrono::seconds lifetime) {
  auto next = book_;
  if (!next.promise(kid, lifetime)) return {};
  return save(std::move(next));
}

Result<void> KeyStore::retire(std::string_view kid, bool at_once, UnixTime now) {
  auto next = book_;
  TRY_VOID(next.retire(kid, at_once, now));
  TRY_VOID(save(std::move(next)));
  remove_gone();
  return {};
}

Result<void> KeyStore::expire(UnixTime now) {
  auto next = book_;
  if (!next.expire(now)) return {};
  TRY_VOID(save(std::move(next)));
  remove_gone();
  return {};
}

void KeyStore::remove_gone() {
  for (const auto& key : book_.keys()) {
    if (key.state != KeyState::gone || public_.erase(key.kid) == 0) continue;
    private_.erase(key.kid);
    const auto removed = directory_->remove(key.file);
    if (!removed && removed.error().kind != ErrorKind::not_found) {
      log::warn("the file of a key that is gone stays", {{"reason", removed.error().message}});
    }
  }
}

void KeyStore::keep_public_halves() {
  for (const auto& key : book_.keys()) {
    if (key.state != KeyState::retiring || !private_.contains(key.kid)) continue;
    const auto written = directory_->write(key.file, public_.at(key.kid).to_pem());
    if (!written) {
      log::warn("a retiring key stays able to sign", {{"reason", written.error().message}});
      continue;
    }
    private_.erase(key.kid);
  }
}

}  // namespace signet::identity
