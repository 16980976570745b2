// The OpenAPI documents as they are served: /openapi/v2, /openapi/v3 and one document for each
// group-version below it.
//
// Shape    rendered when somebody asks first, each form by itself, and kept: most clients never
//          read them, and none reads all. An address with the hash of its document may be kept for
//          ever; with another hash it leads to the right one (301).
// Errors   406 where only other forms are acceptable.
// Threads  safe from any thread; who asks first renders, others wait for it.
// Source   api.md A.4.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "machinery/registry.h"
#include "machinery/shared_document.h"

namespace signet::machinery {

class OpenApiDocuments {
 public:
  explicit OpenApiDocuments(const Registry& registry);

  // Paths have no final slash.
  bool serves(std::string_view path) const;
  // Answers a GET of a path that it serves.
  net::Response answer(const net::Request& request, std::string_view path) const;
  std::vector<std::string> paths() const;

 private:
  // A document that is made by whoever asks for it first.
  class Lazy {
   public:
    template <typename Render>
    const SharedDocument& get(Render render) const {
      std::call_once(made_, [&] { document_.emplace(render()); });
      return *document_;
    }

   private:
    mutable std::once_flag made_;
    mutable std::optional<SharedDocument> document_;
  };
  struct GroupVersion {
    std::string_view group;
    std::string_view version;
    Lazy document;
  };

  net::Response answer_v2(const net::Request& request) const;
  net::Response answer_v3(const net::Request& request, std::string_view path,
                          const GroupVersion& of) const;
  const SharedDocument& document(const GroupVersion& of) const;
  const SharedDocument& v3_index() const;

  const Registry& registry_;
  Lazy v2_json_;
  Lazy v2_protobuf_;
  Lazy v3_index_;
  std::map<std::string, GroupVersion, std::less<>> v3_;  // by path below /openapi/v3
};

}  // namespace signet::machinery
