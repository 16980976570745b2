// The keys of DIR/signing and the book about them, on disk: consistent after an end at any moment.
//
//   keys.json      the book (key_book.h)
//   NNNN.key       a private key; of a retiring key only the public half is kept
//
// Shape    the book is replaced as a whole and decides; what it does not name is not believed. It
//          names a key before the key's file is there, and names it no more before the file goes,
//          so an end in between leaves a name without a file, of a key that never signed, or a file
//          of a key that is gone: open() clears up both.
// Errors   open(): one sentence that names the file. A key that has signed and is not there is an
//          error and not forgotten: tokens of it may be about. A change that cannot be written
//          leaves everything as it was.
// Threads  one at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"
#include "identity/key_book.h"
#include "identity/key_directory.h"
#include "identity/key_set.h"

namespace signet::identity {

// A new key, whose kid does not begin with a dash: on a command line that would be a flag.
Result<crypto::PrivateKey> make_signing_key(crypto::NewKey kind);

class KeyStore {
 public:
  static constexpr std::string_view book_name = "keys.json";

  // Makes the first key, of the kind `first`, where there is none. Keys without a book were made
  // before there were books: the newest name signs, and all are believed until somebody retires
  // them, because nobody knows what they signed.
  static Result<std::unique_ptr<KeyStore>> open(std::unique_ptr<KeyDirectory> directory,
                                                crypto::NewKey first, UnixTime now);

  const KeyBook& book() const { return book_; }
  const crypto::PrivateKey& signing_key() const { return private_.at(book_.signing()->kid); }
  // Of all keys that are believed, in the order of the book.
  std::vector<crypto::PublicKey> verification() const;

  // As KeyBook says, and on disk when they return.
  Result<void> publish(const crypto::PrivateKey& key, UnixTime now, UnixTime signs_from,
                       bool replace);
  Result<void> switch_over(UnixTime now);
  // After nobody signs with retiring keys any more: they lose their private halves. Once more does
  // what could not be written before.
  Result<void> note_stopped(UnixTime now);
  Result<void> promise(std::string_view kid, std::chrono::seconds lifetime);
  Result<void> retire(std::string_view kid, bool at_once, UnixTime now);
  Result<void> expire(UnixTime now);

 private:
  explicit KeyStore(std::unique_ptr<KeyDirectory> directory) : directory_(std::move(directory)) {}

  Result<void> load(crypto::NewKey first, UnixTime now);
  void clear_up(const std::string& name);
  Result<void> adopt(const std::vector<std::string>& names, UnixTime now);
  Result<void> make_first(crypto::NewKey first, UnixTime now);
  // False: there is no file of this key, which is fine for one that never signed.
  Result<bool> load_key(const KeyRecord& key);
  void hold(const crypto::PrivateKey& key);
  std::string next_file_name();
  Result<void> save(KeyBook next);
  void remove_gone();
  void keep_public_halves();

  std::unique_ptr<KeyDirectory> directory_;
  KeyBook book_;
  std::map<std::string, crypto::PrivateKey, std::less<>> private_;  // of those that sign or will
  std::map<std::string, crypto::PublicKey, std::less<>> public_;    // of those that are believed
  unsigned last_number_ = 0;                                        // of file names
};

}  // namespace signet::identity
