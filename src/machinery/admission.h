// The last word on a write, after authorization: fills in what policy wants and refuses what it
// forbids.
//
// Shape    one Admission a server, made of steps in a fixed order (access/admission.h).
// Threads  one instance a loop.
// Source   Kubernetes admission control.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "codec/json.h"
#include "machinery/api_error.h"
#include "machinery/kind.h"
#include "token/user_info.h"

namespace signet::machinery {

enum class Operation : std::uint8_t { create, update, remove };

// Borrowed from the handler, which waits for the answer.
struct AdmissionRequest {
  Operation operation = Operation::create;
  const Kind* kind = nullptr;
  std::string_view subresource;
  std::string_view namespace_name;
  std::string_view name;          // of a create: metadata.name, or generateName while it has none
  bool name_in_path = false;      // the authorizer saw the name: not of a create on a collection
  codec::Json* object = nullptr;  // null for remove
  const codec::Json* old_object = nullptr;  // null for create
  const token::UserInfo* user = nullptr;
  std::vector<std::string>* warnings = nullptr;
};

class Admission {
 public:
  virtual ~Admission() = default;
  // May change *object, and may wait.
  virtual Task<ApiResult<void>> admit(AdmissionRequest request) = 0;
};

}  // namespace signet::machinery
