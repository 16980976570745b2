// What a request asks for, read off method, path and query: what authorization decides on and the
// Api dispatches by.
//
// Shape    /api/v1/..., /apis/GROUP/VERSION/..., anything else is a non-resource path. The old
//          /watch/ prefix is understood.
// Errors   400 for a path or query that does not decode.
// Source   api.md H.1.
#pragma once

#include <string>
#include <string_view>

#include "codec/form.h"
#include "machinery/api_error.h"

namespace signet::machinery {

struct RequestInfo {
  bool is_resource = false;
  std::string verb;  // get list watch create update patch delete deletecollection; else the method
  std::string path;  // decoded

  std::string group;  // "" for core
  std::string version;
  std::string namespace_name;
  std::string resource;     // "pods"
  std::string subresource;  // "status"
  std::string name;         // also from fieldSelector metadata.name=X of a list or watch
  bool has_name_in_path = false;
  bool has_extra_parts = false;  // something after the subresource
  codec::Query query;

  static ApiResult<RequestInfo> parse(std::string_view method, std::string_view path,
                                      std::string_view query);
};

}  // namespace signet::machinery
