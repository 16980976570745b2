#include "net/fetcher.h"

#include <sys/socket.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/cat.h"
#include "base/guarded.h"
#include "net/curl_impl.h"

namespace signet::net {
namespace {

using curl::set;

constexpr long connections_kept_max = 256;
constexpr long idle_seconds_max = 60;

FetchFault fault_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return FetchFault::invalid;
    case CURLE_COULDNT_RESOLVE_HOST:
      return FetchFault::no_such_host;
    case CURLE_COULDNT_CONNECT:
      return FetchFault::connect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
      return FetchFault::tls;
    case CURLE_OPERATION_TIMEDOUT:
      return FetchFault::timeout;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return FetchFault::reset;
    default:
      return FetchFault::malformed;
  }
}

// One request, owned by the fetcher's thread from its start on.
struct Job {
  Fetcher::Id id = 0;
  FetchRequest request;
  Fetcher::Done done;
  curl::Easy easy;
  curl::List headers;
  curl::Exchange exchange;
  std::string detail = std::string(CURL_ERROR_SIZE, '\0');
  bool address_refused = false;

  std::string what() const {
    return cat(request.request.method, " ", curl::origin(request.request.url), ": ");
  }
};

curl_socket_t open_socket(void* user, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& job = *static_cast<Job*>(user);
  if (!job.request.addresses.allows(address->addr)) {
    job.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// A kept connection may have been made under other rules.
int before_request(void* user, char* peer, char* /*local*/, int port, int /*local_port*/) {
  auto& job = *static_cast<Job*>(user);
  if (job.request.addresses.allows(peer, static_cast<std::uint16_t>(port))) {
    return CURL_PREREQFUNC_OK;
  }
  job.address_refused = true;
  return CURL_PREREQFUNC_ABORT;
}

std::optional<FetchError> prepare(Job& job) {
  CURL* easy = job.easy.get();
  const auto& request = job.request;
  auto headers = curl::set_request(easy, request.request);
  if (!headers) {
    return FetchError{.fault = FetchFault::invalid,
                      .message = job.what() + headers.error().message};
  }
  job.headers = *std::move(headers);
  curl::set_transport(easy);
  if (request.trust != nullptr) {
    curl::set_ca(easy, request.trust->ca_pem);
    curl::set_client_certificate(easy, request.trust->certificate_pem, request.trust->key_pem);
    if (!request.trust->spki_pin.empty()) {
      set(easy, CURLOPT_PINNEDPUBLICKEY, request.trust->spki_pin.c_str());
    }
  }
  // The system's CAs as one file: libcurl parses it once for all connections then.
  set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  // Else a name server that does not answer would hold up everybody at the end of a request.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_MAXAGE_CONN, idle_seconds_max);
  set(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &job);
  set(easy, CURLOPT_PREREQFUNCTION, &before_request);
  set(easy, CURLOPT_PREREQDATA, &job);
  job.exchange.body_bytes_max = request.body_bytes_max;
  set(easy, CURLOPT_ERRORBUFFER, job.detail.data());
  set(easy, CURLOPT_HEADERFUNCTION, &curl::on_header);
  set(easy, CURLOPT_HEADERDATA, &job.exchange);
  set(easy, CURLOPT_WRITEFUNCTION, &curl::on_body);
  set(easy, CURLOPT_WRITEDATA, &job.exchange);
  set(easy, CURLOPT_PRIVATE, &job);
  return std::nullopt;
}

FetchResult result_of(Job& job, CURLcode code) {
  const auto wrong = [&](FetchFault fault, std::string_view why) {
    return std::unexpected(FetchError{.fault = fault, .message = cat(job.what(), why)});
  };
  if (job.exchange.too_large) {
    return wrong(FetchFault::too_large,
                 cat("the answer is larger than ", job.request.body_bytes_max, " bytes"));
  }
  if (code == CURLE_OK) return std::move(job.exchange.response);
  const bool connecting = code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK;
  if (job.address_refused && connecting) {
    return wrong(FetchFault::address_refused, "the address is not among the allowed ones");
  }
  if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
    return wrong(FetchFault::tls, "the server's key is not the pinned one");
  }
  long system_error = 0;
  curl_easy_getinfo(job.easy.get(), CURLINFO_OS_ERRNO, &system_error);
  const bool ca_given = job.request.trust != nullptr && !job.request.trust->ca_pem.empty();
  const auto seen = std::string_view(job.detail).substr(0, job.detail.find('\0'));
  return wrong(fault_of(code), curl::reason_of(code, seen, system_error, ca_given));
}

}  // namespace

std::string_view to_string(FetchFault fault) {
  switch (fault) {
    case FetchFault::invalid:
      return "invalid";
    case FetchFault::no_such_host:
      return "no_such_host";
    case FetchFault::address_refused:
      return "address_refused";
    case FetchFault::connect:
      return "connect";
    case FetchFault::tls:
      return "tls";
    case FetchFault::reset:
      return "reset";
    case FetchFault::timeout:
      return "timeout";
    case FetchFault::too_large:
      return "too_large";
    case FetchFault::malformed:
      return "malformed";
    case FetchFault::cancelled:
      return "cancelled";
  }
  return "invalid";
}

struct CurlFetcher::Impl {
  struct Inbox {
    std::vector<std::unique_ptr<Job>> started;
    std::vector<Id> cancelled;
  };

  curl::Multi multi;
  Guarded<Inbox> inbox;
  std::atomic<Id> next_id = 1;
  std::map<Id, std::unique_ptr<Job>> running;  // the thread's own
  std::jthread thread;                         // last: it uses the others

  void run(const std::stop_token& stop);
  bool take_inbox(bool stopping);
  void begin(std::unique_ptr<Job> job);
  void finish(Id id, const std::function<FetchResult(Job&)>& result);
  void collect();
};

void CurlFetcher::Impl::begin(std::unique_ptr<Job> job) {
  job->easy.reset(curl_easy_init());
  auto error = prepare(*job);
  if (!error && curl_multi_add_handle(multi.get(), job->easy.get()) != CURLM_OK) {
    error = FetchError{.fault = FetchFault::invalid, .message = job->what() + "libcurl refuses it"};
  }
  if (error) {
    job->done(std::unexpected(*std::move(error)));
    return;
  }
  const auto id = job->id;
  running.emplace(id, std::move(job));
}

void CurlFetcher::Impl::finish(Id id, const std::function<FetchResult(Job&)>& result) {
  auto found = running.extract(id);
  if (found.empty()) return;
  auto& job = *found.mapped();
  curl_multi_remove_handle(multi.get(), job.easy.get());
  job.done(result(job));
}

// Whether there was anything.
bool CurlFetcher::Impl::take_inbox(bool stopping) {
  auto taken = inbox.with([](Inbox& held) { return std::exchange(held, {}); });
  const bool any = !taken.started.empty() || !taken.cancelled.empty();
  for (auto& job : taken.started) begin(std::move(job));
  if (stopping) {
    for (const auto& [id, job] : running) taken.cancelled.push_back(id);
  }
  for (const auto id : taken.cancelled) {
    const auto found = running.find(id);
    if (found == running.end()) continue;
    // Half an exchange: over HTTP/2 libcurl would keep the connection and the server its stream.
    set(found->second->easy.get(), CURLOPT_FORBID_REUSE, 1L);
    finish(id, [](const Job& job) {
      return std::unexpected(
          FetchError{.fault = FetchFault::cancelled, .message = job.what() + "cancelled"});
    });
  }
  return any;
}

void CurlFetcher::Impl::collect() {
  int queued = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto code = message->data.result;
    Job* job = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
    finish(job->id, [code](Job& ended) { return result_of(ended, code); });
  }
}

void CurlFetcher::Impl::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  constexpr int poll_ms_max = 1000;
  while (!stop.stop_requested()) {
    take_inbox(false);
    int count = 0;
    curl_multi_perform(multi.get(), &count);
    collect();
    curl_multi_poll(multi.get(), nullptr, 0, poll_ms_max, nullptr);
  }
  // What `done` starts meanwhile ends as well.
  while (take_inbox(true) || !running.empty()) {
  }
}

CurlFetcher::CurlFetcher() : impl_(std::make_unique<Impl>()) {
  curl::start();
  impl_->multi.reset(curl_multi_init());
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, connections_kept_max);
  impl_->thread =
      std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run(stop); });
}

CurlFetcher::~CurlFetcher() = default;

Fetcher::Id CurlFetcher::start(FetchRequest request, Done done) {
  auto job = std::make_unique<Job>();
  const auto id = impl_->next_id.fetch_add(1, std::memory_order_relaxed);
  job->id = id;
  job->request = std::move(request);
  job->done = std::move(done);
  impl_->inbox.with([&](Impl::Inbox& inbox) { inbox.started.push_back(std::move(job)); });
  curl_multi_wakeup(impl_->multi.get());
  return id;
}

void CurlFetcher::cancel(Id id) {
  impl_->inbox.with([&](Impl::Inbox& inbox) { inbox.cancelled.push_back(id); });
  curl_multi_wakeup(impl_->multi.get());
}

}  // namespace signet::net
