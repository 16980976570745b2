#include "verify/key_set.h"

#include <algorithm>
#include <utility>

namespace signet::verify {

KeySet::KeySet(std::vector<KeyRecord> records, std::uint64_t generation)
    : records_(std::move(records)),
      generation_(generation),
      opened_(std::make_unique<std::atomic<const jose::VerificationKey*>[]>(records_.size())) {}

KeySet::~KeySet() {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const std::unique_ptr<const jose::VerificationKey> end(opened_[i].load());
  }
}

const jose::VerificationKey* KeySet::open(std::size_t index) const {
  auto& slot = opened_[index];
  if (const auto* opened = slot.load(std::memory_order_acquire)) return opened;
  const auto& record = records_[index];
  auto key = crypto::PublicKey::from_spki(record.spki_der);
  if (!key || jose::row(record.algorithm).key_type != key->type()) return nullptr;
  auto ours = std::make_unique<const jose::VerificationKey>(jose::VerificationKey{
      .kid = record.kid, .algorithm = record.algorithm, .key = *std::move(key)});
  const jose::VerificationKey* theirs = nullptr;
  if (!slot.compare_exchange_strong(theirs, ours.get(), std::memory_order_acq_rel)) return theirs;
  return ours.release();
}

const jose::VerificationKey* KeySet::find(std::string_view kid, jose::Algorithm algorithm) const {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (records_[i].algorithm == algorithm && records_[i].kid == kid) return open(i);
  }
  return nullptr;
}

const jose::VerificationKey* KeySet::find_only(jose::Algorithm algorithm) const {
  if (!has_only(algorithm)) return nullptr;
  const auto found = std::ranges::find(records_, algorithm, &KeyRecord::algorithm);
  return open(static_cast<std::size_t>(found - records_.begin()));
}

bool KeySet::has(std::string_view kid, jose::Algorithm algorithm) const {
  return std::ranges::any_of(records_, [&](const KeyRecord& record) {
    return record.algorithm == algorithm && record.kid == kid;
  });
}

bool KeySet::has_only(jose::Algorithm algorithm) const {
  return std::ranges::count(records_, algorithm, &KeyRecord::algorithm) == 1;
}

}  // namespace signet::verify
