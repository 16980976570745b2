// The generic Kubernetes API: create, get, list, watch, update, patch and delete of every kind in
// the registry, and the dispatch to the actions (TokenReview, .../token) that others provide.
//
//   Api api({...});
//   api.add_action(kinds::service_account, "token", issue);
//   auto response = co_await api.handle(std::move(request), std::move(info), std::move(user));
//
// Shape    reads are answered from the loop's snapshot; a write is computed against it, committed
//          with compare-and-set, and answered once the view has it.
// Errors   every answer is a proper HTTP response; refusals are Status objects.
// Threads  one Api a loop, used on that loop only.
// Source   api.md B, C, D.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "machinery/admission.h"
#include "machinery/negotiate.h"
#include "machinery/request_info.h"
#include "machinery/selector.h"
#include "machinery/table.h"
#include "machinery/view.h"
#include "machinery/watch_index.h"
#include "net/http.h"
#include "net/loop.h"
#include "store/store.h"
#include "token/user_info.h"

namespace signet::machinery {

struct ActionRequest {
  net::Request http;
  RequestInfo info;
  token::UserInfo user;
};
using ActionHandler = std::function<Task<net::Response>(ActionRequest)>;

class WatchStream;

class Api {
 public:
  // All of it outlives the Api.
  struct Parts {
    const Registry& registry;
    View& view;
    store::Store& store;
    Admission& admission;
    Clock& clock;
    Random& random;
    net::Loop& loop;
    // Between two bookmarks of a watch that asked for them.
    std::chrono::milliseconds bookmark_interval = std::chrono::minutes{1};
    // Whether somebody may create what their PUT or apply does not find: to be asked for what the
    // request did not say it would do. Empty: whoever may write may create.
    std::function<ApiResult<void>(const token::UserInfo&, const RequestInfo&)> may;
  };

  explicit Api(Parts parts);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // `subresource` empty: the kind itself is only asked (Kind::stored is false).
  void add_action(const Kind& kind, std::string_view subresource, ActionHandler handler);

  // `info.is_resource` holds.
  Task<net::Response> handle(net::Request request, RequestInfo info, token::UserInfo user);

  // Valid until the next call, or the next wait of a coroutine.
  const Snapshot& snapshot() { return reader_.current(); }
  // The same, for as long as it is held.
  SnapshotPtr shared_snapshot() { return reader_.shared(); }
  const Parts& parts() const { return parts_; }

  // Writes in the server's own name, for actions and controllers.
  // Computes the wanted object from the current one.
  using Change = std::function<ApiResult<codec::Json>(const codec::Json& current)>;
  // As POST: defaults, admission and validation apply.
  Task<ApiResult<ObjectPtr>> create(const Kind& kind, codec::Json object);
  // Changes what no client may: neither admission nor validation are asked. Who takes the last
  // finalizer of an object that is being deleted removes it.
  Task<ApiResult<ObjectPtr>> amend(const Kind& kind, std::string key, Change change);
  // As DELETE.
  Task<ApiResult<void>> remove(const Kind& kind, std::string key, DeleteOptions options);

 private:
  friend class WatchStream;

  struct WriteOptions {
    bool dry_run = false;
    bool applied = false;       // who owns what comes with the object
    bool name_in_path = false;  // of what is made: a PUT or an apply makes what is missing
    FieldValidation validation = FieldValidation::warn;
    std::string manager;
    const Kind* spoken = nullptr;  // the version of a kind that the writer speaks
  };
  // What every verb is handed.
  struct Call {
    net::Request http;
    RequestInfo info;
    token::UserInfo user;
    const Kind* kind = nullptr;
    Negotiated negotiated;
    WriteOptions options;
    // Of the request, whatever becomes of it. Outlives the call.
    std::vector<std::string>* warnings = nullptr;

    std::string key() const;  // of the object in the path
  };
  struct ListQuery {
    LabelSelector labels;
    FieldSelector fields;
    std::string prefix;  // of keys: "namespace/"
  };
  struct Page {  // of a list
    std::vector<ObjectPtr> objects;
    ListMeta meta;
  };
  struct Removed {
    ObjectPtr object;
    bool gone = true;  // false: marked, and kept by finalizers or grace
  };

  Task<ApiResult<net::Response>> dispatch(Call call);

  ApiResult<net::Response> get(const Call& call);
  ApiResult<net::Response> list(const Call& call);
  ApiResult<net::Response> watch(const Call& call);
  Task<ApiResult<net::Response>> create(Call call);
  Task<ApiResult<net::Response>> update(Call call);
  Task<ApiResult<net::Response>> patch(Call call);
  Task<ApiResult<net::Response>> apply(Call call);
  Task<ApiResult<net::Response>> remove(Call call);
  Task<ApiResult<net::Response>> remove_collection(Call call);
  Task<bool> remove_listed(const Call* call, const DeleteOptions* options, ObjectPtr object,
                           std::optional<ApiError>* failed);

  // The pipeline of a create after decoding. The result has no revision when `dry_run`.
  // Its fields belong to `options.manager`; to nobody when that is empty.
  Task<ApiResult<ObjectPtr>> store_new(const Kind* kind, std::string namespace_name,
                                       codec::Json object, const token::UserInfo* user,
                                       std::vector<std::string>* warnings, WriteOptions options);
  // Read, change, commit, and again if somebody else was first.
  Task<ApiResult<net::Response>> change_object(std::shared_ptr<Call> call, Change change);
  // Commits one attempt of it; `ends`: the object goes. False: somebody else was first.
  Task<ApiResult<bool>> replace(ObjectPtr current, std::shared_ptr<Object> next, bool ends,
                                int attempt);
  ApiResult<codec::Json> prepare_change(const Call& call, const Object& current,
                                        const codec::Json& old, codec::Json wanted) const;
  Task<ApiResult<Removed>> remove_object(const Kind* kind, std::string key, DeleteOptions options,
                                         const token::UserInfo* user);

  ApiResult<void> check_may_create(const Call& call) const;
  static ApiResult<WriteOptions> write_options(const Call& call, std::string_view options_kind,
                                               bool applied = false);
  ApiResult<ListQuery> list_query(const Call& call) const;
  ApiResult<SnapshotPtr> snapshot_for(const Call& call, std::size_t limit);
  Callback<Result<Revision, store::CommitError>> commit(store::Write write);
  static ApiResult<std::size_t> list_limit(const codec::Query& query);
  ApiResult<Page> select(const Call& call);
  static IncludeObject included(const codec::Query& query);
  net::Response answer(const Call& call, const Page& page);
  net::Response answer(const Call& call, int status, const ObjectPtr& stored);

  void deliver(const Changes& changes);

  Parts parts_;
  View::Reader reader_;
  std::map<std::string, ActionHandler, std::less<>> actions_;
  WatchIndex watches_;
  Revision delivered_ = 0;  // every change up to this one was told to the watches
  View::Subscription subscription_;
};

}  // namespace signet::machinery
