#include "net/client.h"

#include <optional>
#include <utility>

#include "base/cat.h"
#include "base/try.h"
#include "net/curl_impl.h"

namespace signet::net {
namespace {

using curl::set;

constexpr long connections_kept_max = 8;

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct HttpClient::Impl {
  ClientOptions options;
  curl::Multi multi;
  curl::Easy easy;

  Result<ClientResponse> exchange(const ClientRequest& request, const Chunk* chunk,
                                  const std::stop_token& stop);
  void configure(curl::Exchange& exchange, char* detail);
  std::optional<CURLcode> perform(const std::stop_token& stop);
};

HttpClient::HttpClient(ClientOptions options) : impl_(std::make_unique<Impl>()) {
  curl::start();
  impl_->options = std::move(options);
  impl_->multi.reset(curl_multi_init());
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, connections_kept_max);
  impl_->easy.reset(curl_easy_init());
}

HttpClient::~HttpClient() = default;

void HttpClient::Impl::configure(curl::Exchange& exchange, char* detail) {
  CURL* handle = easy.get();
  curl::set_transport(handle);
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (exchange.chunk != nullptr) {
    set(handle, CURLOPT_FORBID_REUSE, 1L);
  } else {
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  }
  curl::set_ca(handle, options.ca_pem);
  curl::set_client_certificate(handle, options.certificate_pem, options.key_pem);
  set(handle, CURLOPT_ERRORBUFFER, detail);
  set(handle, CURLOPT_HEADERFUNCTION, &curl::on_header);
  set(handle, CURLOPT_HEADERDATA, &exchange);
  set(handle, CURLOPT_WRITEFUNCTION, &curl::on_body);
  set(handle, CURLOPT_WRITEDATA, &exchange);
}

// Empty: stop was requested.
std::optional<CURLcode> HttpClient::Impl::perform(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi.get()); });
  int running = 1;
  while (!stop.stop_requested()) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &queued)) {
      if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    if (curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr) != CURLM_OK) {
      return CURLE_FAILED_INIT;
    }
  }
  return std::nullopt;
}

Result<ClientResponse> HttpClient::Impl::exchange(const ClientRequest& request, const Chunk* chunk,
                                                  const std::stop_token& stop) {
  if (!easy || !multi) return fail(ErrorKind::internal, "libcurl does not start");
  curl_easy_reset(easy.get());
  TRY(const curl::List headers, curl::set_request(easy.get(), request));
  curl::Exchange state{.response = {}, .body_bytes_max = options.body_bytes_max, .chunk = chunk};
  std::string detail(CURL_ERROR_SIZE, '\0');
  configure(state, detail.data());
  if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) {
    return fail(ErrorKind::internal, "libcurl does not take the request");
  }
  const std::optional<CURLcode> code = perform(stop);
  // Half an exchange: over HTTP/2 libcurl would keep the connection and the server its stream.
  if (!code) set(easy.get(), CURLOPT_FORBID_REUSE, 1L);
  curl_multi_remove_handle(multi.get(), easy.get());
  long system_error = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &system_error);
  // The handle must not point into this frame any longer.
  curl_easy_reset(easy.get());

  const std::string what = cat(request.method, " ", curl::origin(request.url));
  if (state.enough) return std::move(state.response);
  if (!code) {
    if (chunk != nullptr && state.response.status != 0) return std::move(state.response);
    return fail(ErrorKind::unavailable, cat(what, ": cancelled"));
  }
  if (state.too_large) {
    return fail(ErrorKind::exhausted,
                cat(what, ": the answer is larger than ", options.body_bytes_max, " bytes"));
  }
  if (*code != CURLE_OK) {
    const auto seen = std::string_view(detail).substr(0, detail.find('\0'));
    return fail(
        curl::kind_of(*code),
        cat(what, ": ", curl::reason_of(*code, seen, system_error, !options.ca_pem.empty())));
  }
  return std::move(state.response);
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request, const std::stop_token& stop) {
  return impl_->exchange(request, nullptr, stop);
}

Result<ClientResponse> HttpClient::stream(const ClientRequest& request, const Chunk& chunk,
                                          const std::stop_token& stop) {
  return impl_->exchange(request, &chunk, stop);
}

}  // namespace signet::net
