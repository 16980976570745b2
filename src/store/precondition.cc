#include "store/precondition.h"

#include "base/cat.h"

namespace signet::store {

std::optional<CommitError> refusal(const Write& write, Revision actual) {
  using Kind = CommitError::Kind;
  if (write.key.empty() || write.key.size() > key_bytes_max) {
    return CommitError{
        .kind = Kind::unavailable,
        .actual = actual,
        .message = cat("a key must have 1 to ", key_bytes_max, " bytes, not ", write.key.size())};
  }
  if (write.value && write.value->size() > value_bytes_max) {
    return CommitError{.kind = Kind::unavailable,
                       .actual = actual,
                       .message = cat("a value must have at most ", value_bytes_max, " bytes, not ",
                                      write.value->size())};
  }
  if (write.expected && *write.expected != actual) {
    return CommitError{
        .kind = Kind::conflict,
        .actual = actual,
        .message = cat("the key is at revision ", actual, ", not ", *write.expected)};
  }
  if (!write.value && actual == 0) {
    return CommitError{
        .kind = Kind::not_found, .actual = 0, .message = "there is no such key to delete"};
  }
  return std::nullopt;
}

std::size_t weight(const Write& write) {
  return sizeof(Write) + write.key.size() + (write.value ? write.value->size() : 0);
}

}  // namespace signet::store
