#include "kinds/kinds.h"

namespace signet::kinds {
namespace {

constexpr const machinery::Kind* every_kind[] = {
    &binding, &config_map, &event,           &namespace_kind,      &node,
    &pod,     &secret,     &service_account, &self_subject_review, &token_review,
};

}  // namespace

std::span<const machinery::Kind* const> all() {
  return every_kind;
}

}  // namespace signet::kinds
