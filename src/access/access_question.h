// What the spec of an access review asks, in the form that requests are decided in.
//
//   const auto question = question_of(body.at("spec"));
//   authorizer.authorize(subject_of(body.at("spec")), question.attributes, snapshot);
//
// Shape    a requirement of a selector that cannot be understood is left out, which asks for more
//          than was meant, and `evaluation_error` tells of it.
// Source   authorization.k8s.io/v1 of Kubernetes 1.33; api.md H.1, H.7.
#pragma once

#include <string>

#include "codec/json.h"
#include "machinery/request_info.h"
#include "token/user_info.h"

namespace signet::access {

struct AccessQuestion {
  machinery::RequestInfo attributes;
  std::string evaluation_error;
};

AccessQuestion question_of(const codec::Json& spec);
token::UserInfo subject_of(const codec::Json& spec);

}  // namespace signet::access
