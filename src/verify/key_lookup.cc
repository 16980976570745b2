#include "verify/key_lookup.h"

#include <vector>

#include "verify/key_board.h"

namespace signet::verify {

std::string_view to_string(KeyAnswer answer) {
  switch (answer) {
    case KeyAnswer::keys:
      return "keys";
    case KeyAnswer::unknown_issuer:
      return "unknown_issuer";
    case KeyAnswer::unknown_key:
      return "unknown_key";
    case KeyAnswer::keys_unavailable:
      return "keys_unavailable";
  }
  return "keys_unavailable";
}

struct KeyReader::Held {
  struct Seen {
    std::uint64_t version = 0;  // of its slot; 0 is none
    std::shared_ptr<const KeySet> keys;
  };

  explicit Held(KeyBoard& the_board) : board(the_board) {}

  KeyBoard& board;
  std::uint64_t version = 0;
  std::shared_ptr<const KeyRegistry> registry;
  std::vector<Seen> seen;  // beside the registry's issuers
};

KeyReader::KeyReader(KeyBoard& board) : held_(std::make_unique<Held>(board)) {}
KeyReader::~KeyReader() = default;
KeyReader::KeyReader(KeyReader&&) noexcept = default;

const KeySet* KeyReader::set_of(std::string_view issuer, KeyLookup& lookup) {
  auto& held = *held_;
  // Before what it stands for: a later change is then seen at the next call.
  if (const auto version = held.board.version(); version != held.version) {
    held.registry = held.board.take();
    held.seen.assign(held.registry->issuers().size(), {});
    held.version = version;
  }
  const auto index = held.registry->find(issuer);
  if (index == KeyRegistry::not_found) return nullptr;
  auto& slot = *held.registry->issuers()[index].slot;
  auto& seen = held.seen[index];
  if (const auto version = slot.version(); version != seen.version) {
    seen.keys = slot.keys();
    seen.version = version;
  }
  if (slot.mark_used()) held.board.ring(slot.unit());
  if (seen.keys == nullptr) {
    lookup.answer = KeyAnswer::keys_unavailable;
    return nullptr;
  }
  lookup.generation = seen.keys->generation();
  return seen.keys.get();
}

KeyLookup KeyReader::find(std::string_view issuer, std::string_view kid,
                          jose::Algorithm algorithm) {
  KeyLookup lookup;
  if (const auto* keys = set_of(issuer, lookup)) {
    lookup.key = keys->find(kid, algorithm);
    lookup.answer = lookup.key != nullptr ? KeyAnswer::keys : KeyAnswer::unknown_key;
  }
  return lookup;
}

KeyLookup KeyReader::find_only(std::string_view issuer, jose::Algorithm algorithm) {
  KeyLookup lookup;
  if (const auto* keys = set_of(issuer, lookup)) {
    lookup.key = keys->find_only(algorithm);
    lookup.answer = lookup.key != nullptr ? KeyAnswer::keys : KeyAnswer::unknown_key;
  }
  return lookup;
}

std::uint64_t KeyReader::generation(std::string_view issuer) {
  KeyLookup lookup;
  set_of(issuer, lookup);
  return lookup.generation;
}

}  // namespace signet::verify
