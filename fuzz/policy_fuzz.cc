// A policy either compiles or is said to be wrong; what compiles asks for an audience, or says that
// any will do.
// DEPS party
#include "party/policy.h"
#include "property.h"

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  party::Documents documents;
  party::Problems problems;
  party::read_documents(fuzz::text_of(data, size), "policy.yaml", documents, problems);
  const bool readable = problems.empty();
  const auto policy = party::compile_policy(std::move(documents), problems);
  fuzz::require((policy == nullptr) == !problems.empty(), "what is refused is said to be wrong");
  if (!readable || policy == nullptr) return 0;
  for (const auto& issuer : policy->issuers()) {
    fuzz::require(!issuer.keys.issuer.empty(), "an issuer has a URL");
    fuzz::require(policy->issuer_of(issuer.keys.issuer) == &issuer, "an issuer is found by it");
  }
  for (const auto& route : policy->routes()) {
    fuzz::require(policy->route(route.rules.name) == &route, "a route is found by its name");
    fuzz::require(route.rules.any_audience == route.audiences.empty(), "audiences are asked for");
    fuzz::require(!route.rules.subjects.empty(), "subjects are named");
  }
  return 0;
}
