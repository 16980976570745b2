#include "kinds/kinds.h"

namespace signet::kinds {
namespace {

constexpr const machinery::Kind* every_kind[] = {
    &binding,
    &config_map,
    &endpoints,
    &event,
    &namespace_kind,
    &node,
    &pod,
    &secret,
    &service_account,
    &service,
    &self_subject_review,
    &token_review,
    &local_subject_access_review,
    &self_subject_access_review,
    &self_subject_rules_review,
    &subject_access_review,
    &lease,
    &events_event,
    &cluster_role_binding,
    &cluster_role,
    &role_binding,
    &role,
};

}  // namespace

std::span<const machinery::Kind* const> all() {
  return every_kind;
}

}  // namespace signet::kinds
