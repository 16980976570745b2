// What a request asks for, read off method, path and query: what authorization decides on and the
// Api dispatches by.
//
//   TRY(auto info, RequestInfo::parse("GET", "/api/v1/namespaces/n/pods/p/log", ""));
//   // get, group "", version "v1", namespace "n", resource "pods", name "p", subresource "log"
//
// Shape    /api/v1/..., /apis/GROUP/VERSION/..., anything else is a non-resource path. The path is
//          decoded before it is split, so %2F separates like a slash does: what was authorized and
//          what is served cannot differ. The old /watch/ prefix is understood (GET only).
// Errors   400 for a path or query that does not decode, and for a path with control characters or
//          bytes that are not UTF-8.
// Source   api.md H.1.
#pragma once

#include <string>
#include <string_view>

#include "codec/form.h"
#include "machinery/api_error.h"

namespace signet::machinery {

struct RequestInfo {
  bool is_resource = false;
  // get list watch create update patch delete deletecollection; of a resource empty for any other
  // method, so that nobody becomes "list" by sending LIST; of a path the method in lower case.
  std::string verb;
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
