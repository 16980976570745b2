#include "control/actions.h"

#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "control/pod_binder.h"
#include "kinds/kinds.h"

namespace signet::control {
namespace {

using codec::Json;
using machinery::ActionRequest;
using machinery::Api;
using machinery::ApiError;
using machinery::ApiResult;
using machinery::refuse;

using Answer = ApiResult<std::pair<int, std::string>>;  // status and compact JSON

constexpr std::string_view created_status =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";

ApiResult<Json> body_of(const Api& api, const ActionRequest& request, const machinery::Kind& kind,
                        std::string_view subresource) {
  const auto* sub = kind.find_subresource(subresource);
  const auto group = sub != nullptr && !sub->version.empty() ? sub->group : kind.group;
  const auto version = sub != nullptr && !sub->version.empty() ? sub->version : kind.version;
  const auto api_version = group.empty() ? std::string(version) : cat(group, '/', version);
  TRY(auto body,
      machinery::decode_body(
          request.http,
          {.api_version = api_version,
           .kind = sub == nullptr ? kind.kind : sub->kind,
           .group = group,
           .schema = sub == nullptr || sub->schema == nullptr ? kind.schema : sub->schema,
           .registry = &api.parts().registry}));
  return std::move(body.object);
}

Task<Answer> bind(Api* api, ActionRequest request, std::string name) {
  const bool direct = request.info.subresource.empty();
  CO_TRY(auto body,
         body_of(*api, request, direct ? kinds::binding : kinds::pod, request.info.subresource));
  const auto given = codec::string_at(body, "metadata.name");
  if (direct) {
    name = given;
  } else if (!given.empty() && given != name) {
    co_return refuse(ApiError::bad_request("name in URL does not match name in Binding object"));
  }
  std::vector<std::string> warnings;
  CO_TRY_VOID(co_await api->parts().admission.admit({.operation = machinery::Operation::create,
                                                     .kind = direct ? &kinds::binding : &kinds::pod,
                                                     .subresource = request.info.subresource,
                                                     .namespace_name = request.info.namespace_name,
                                                     .name = name,
                                                     .object = &body,
                                                     .old_object = nullptr,
                                                     .user = &request.user,
                                                     .warnings = &warnings}));
  const auto target = codec::string_at(body, "target.name");
  if (target.empty() || name.empty()) {
    machinery::FieldErrors errors;
    errors.required(target.empty() ? "target.name" : "metadata.name");
    co_return refuse(ApiError::invalid({"", "Binding"}, name, errors));
  }
  CO_TRY_VOID(
      co_await bind_pod(api, cat(request.info.namespace_name, '/', name), std::string(target)));
  co_return std::pair{201, std::string(created_status)};
}

ApiResult<machinery::DeleteOptions> delete_options_of(const Json& eviction) {
  machinery::DeleteOptions options{
      .grace_seconds = codec::int_at(eviction, "deleteOptions.gracePeriodSeconds"),
      .propagation = {},
      .precondition_uid =
          std::string(codec::string_at(eviction, "deleteOptions.preconditions.uid")),
      .precondition_revision =
          std::string(codec::string_at(eviction, "deleteOptions.preconditions.resourceVersion"))};
  for (const auto& value : codec::array_at(eviction, "deleteOptions.dryRun")) {
    if (value != Json("All")) return refuse(ApiError::bad_request("dryRun may only be All"));
    options.dry_run = true;
  }
  return options;
}

Task<Answer> evict(Api* api, ActionRequest request) {
  CO_TRY(auto body, body_of(*api, request, kinds::pod, "eviction"));
  const auto& info = request.info;
  const auto given = codec::string_at(body, "metadata.name");
  if (!given.empty() && given != info.name) {
    co_return refuse(ApiError::bad_request("name in URL does not match name in Eviction object"));
  }
  std::vector<std::string> warnings;
  CO_TRY_VOID(co_await api->parts().admission.admit({.operation = machinery::Operation::create,
                                                     .kind = &kinds::pod,
                                                     .subresource = "eviction",
                                                     .namespace_name = info.namespace_name,
                                                     .name = info.name,
                                                     .object = &body,
                                                     .old_object = nullptr,
                                                     .user = &request.user,
                                                     .warnings = &warnings}));
  CO_TRY(auto options, delete_options_of(body));
  CO_TRY_VOID(co_await api->remove(kinds::pod, cat(info.namespace_name, '/', info.name),
                                   std::move(options)));
  co_return std::pair{201, std::string(created_status)};
}

Task<Answer> finalize(Api* api, ActionRequest request) {
  CO_TRY(const auto body, body_of(*api, request, kinds::namespace_kind, "finalize"));
  const auto wanted_finalizers = codec::array_at(body, "spec.finalizers");
  const std::string revision(codec::string_at(body, "metadata.resourceVersion"));
  CO_TRY(const auto changed,
         co_await api->amend(
             kinds::namespace_kind, request.info.name, [&](const Json& current) -> ApiResult<Json> {
               if (!revision.empty() &&
                   revision != codec::string_at(current, "metadata.resourceVersion")) {
                 return refuse(ApiError::conflict(
                     {"", "namespaces"}, request.info.name,
                     "the object has been modified; please apply your changes to "
                     "the latest version and try again"));
               }
               auto wanted = current;
               codec::make_object_at(wanted, "spec")["finalizers"] = wanted_finalizers;
               return wanted;
             }));
  if (changed->deleted_at() && wanted_finalizers.empty()) {
    const auto removed = co_await api->remove(kinds::namespace_kind, request.info.name, {});
    // The controller may have been the faster one.
    if (!removed && removed.error().code != 404) co_return refuse(removed.error());
  }
  co_return std::pair{200, std::string(changed->json())};
}

// Negotiates, runs `act`, and turns its answer or refusal into a response. `schema` is that of the
// answer, unless it is a Status.
template <typename Act>
machinery::ActionHandler handler(Api& api, Act act, const machinery::Schema* schema = nullptr) {
  return [&api, act, schema](ActionRequest request) -> Task<net::Response> {
    const auto format = machinery::error_format(request.http);
    const auto negotiated =
        machinery::negotiate(request.http, request.info.query.get("pretty"), {});
    return [](Api* target, Act run, ActionRequest moved, machinery::Format error_form,
              ApiResult<machinery::Negotiated> form,
              const machinery::Schema* answered) -> Task<net::Response> {
      if (!form) co_return machinery::respond(form.error(), error_form);
      auto done = co_await run(target, std::move(moved));
      if (!done) co_return machinery::respond(done.error(), error_form);
      co_return machinery::respond(done->first, std::move(done->second), form->format, {},
                                   answered);
    }(&api, act, std::move(request), format, negotiated, schema);
  };
}

}  // namespace

void add_actions(Api& api) {
  const auto bind_named = [](Api* target, ActionRequest request) {
    auto name = request.info.name;
    return bind(target, std::move(request), std::move(name));
  };
  api.add_action(kinds::pod, "binding", handler(api, bind_named));
  api.add_action(kinds::binding, "", handler(api, bind_named));
  api.add_action(kinds::pod, "eviction", handler(api, evict));
  api.add_action(kinds::namespace_kind, "finalize",
                 handler(api, finalize, kinds::namespace_kind.schema));
}

}  // namespace signet::control
