#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <future>
#include <utility>

#include "base/cat.h"
#include "net/fixture_for_tests.h"

namespace signet::net::testing {
namespace {

using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate unsigned_certificate(const Subject& subject, EVP_PKEY* key) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), subject.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), subject.valid_until.count());
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  for (const auto& organization : subject.organizations) add_name(name, "O", organization);
  for (const auto& uid : subject.uids) add_name(name, "1.3.6.1.4.1.57683.2", uid);
  add_name(name, "CN", subject.common_name);
  return certificate;
}

}  // namespace

struct Pki::Ca {
  Key key;
  Certificate certificate;
};

Pki::Pki(std::string name) : ca_(std::make_unique<Ca>()) {
  ca_->key.reset(EVP_EC_gen("P-256"));
  ca_->certificate = unsigned_certificate(
      {.common_name = std::move(name), .organizations = {}, .extended_key_usage = {}},
      ca_->key.get());
  X509_set_issuer_name(ca_->certificate.get(), X509_get_subject_name(ca_->certificate.get()));
  add_extension(ca_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(ca_->certificate.get(), ca_->key.get(), EVP_sha256());
  ca_pem_ = pem_of(ca_->certificate.get());
}

Pki::~Pki() = default;

Identity Pki::issue(const Subject& subject) const {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = unsigned_certificate(subject, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(ca_->certificate.get()));
  if (!subject.extended_key_usage.empty()) {
    add_extension(certificate.get(), NID_ext_key_usage, subject.extended_key_usage);
  }
  add_extension(certificate.get(), NID_subject_alt_name,
                "IP:127.0.0.1,DNS:localhost,DNS:names.test");
  X509_sign(certificate.get(), ca_->key.get(), EVP_sha256());
  return {.certificate_pem = pem_of(certificate.get()), .key_pem = pem_of(key.get())};
}

const Pki& test_pki() {
  static const Pki pki("test CA");
  return pki;
}

LoopThread::LoopThread() : thread_([this] { loop_.run(); }) {}

LoopThread::~LoopThread() {
  loop_.stop();
  thread_.join();
}

void LoopThread::run(const std::function<void()>& work) {
  std::promise<void> done;
  loop_.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

ServerTls server_tls() {
  static const Identity identity = test_pki().issue(
      {.common_name = "server", .organizations = {}, .extended_key_usage = "serverAuth"});
  return {.certificate_chain = identity.certificate_pem,
          .private_key = identity.key_pem,
          .client_ca = test_pki().ca_pem()};
}

ClientOptions client_options() {
  ClientOptions options;
  options.ca_pem = test_pki().ca_pem();
  return options;
}

int connect_tcp(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // So that a hanging server fails the test instead of the run.
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

RawClient::RawClient(std::uint16_t port, std::string_view protocol, const Identity* identity,
                     SSL_SESSION* resume)
    : context_(SSL_CTX_new(TLS_client_method())), fd_(connect_tcp(port)) {
  if (identity != nullptr) {
    const Bio certificate(BIO_new_mem_buf(identity->certificate_pem.data(), -1));
    const Bio key(BIO_new_mem_buf(identity->key_pem.data(), -1));
    const Certificate read(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
    const Key read_key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), read.get());
    SSL_CTX_use_PrivateKey(context_.get(), read_key.get());
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if (!protocol.empty()) {
    const std::string offer = cat(static_cast<char>(protocol.size()), protocol);
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned int>(offer.size()));
  }
  if (resume != nullptr) SSL_set_session(ssl_.get(), resume);
  connected_ = fd_ >= 0 && SSL_connect(ssl_.get()) == 1;
}

RawClient::~RawClient() {
  if (connected_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
  ERR_clear_error();
  while (!bytes.empty()) {
    const int size = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::string RawClient::read_until(std::string_view enough) {
  std::string out;
  std::array<char, 16384> buffer{};
  while (enough.empty() || !out.contains(enough)) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), buffer.data(), buffer.size());
    if (size <= 0) {
      closed_properly_ = SSL_get_error(ssl_.get(), size) == SSL_ERROR_ZERO_RETURN;
      break;
    }
    out.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return out;
}

bool RawClient::resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

void RawClient::abort() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(std::exchange(fd_, -1));
}

Handler Gate::handler() {
  return [this](const Request&) { return wait(this); };
}

Task<Response> Gate::wait(Gate* gate) {
  co_await Callback<int>([gate](Callback<int>::Complete complete) {
    gate->complete_ = std::move(complete);
    gate->arrived_.set_value();
  });
  co_return Response{.status = 200, .body = "late"};
}

void Gate::wait_for_arrival() {
  arrived_.get_future().wait();
}

void Gate::open() {
  std::exchange(complete_, nullptr)(0);
}

class Watch::Body final : public BodyStream {
 public:
  explicit Body(Watch& watch) : watch_(watch) {}
  ~Body() override { watch_.ended_.set_value(); }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  void start(StreamSink& sink) override {
    sink.write(watch_.first_);
    watch_.started_.set_value(&sink);
  }

 private:
  Watch& watch_;
};

Handler Watch::handler(std::string first) {
  first_ = std::move(first);
  return [this](const Request&) { return serve(this); };
}

Task<Response> Watch::serve(Watch* watch) {
  co_return Response{.status = 200, .body = std::make_unique<Body>(*watch)};
}

StreamSink& Watch::wait_for_start() {
  return *started_.get_future().get();
}

void Watch::wait_for_end() {
  ended_.get_future().wait();
}

Task<Response> echo(Request request) {
  std::string seen = cat(request.method, " ", request.path, "?", request.query, " ", request.body);
  if (request.peer) append(seen, " by ", request.peer->common_name);
  co_return Response{.status = 200, .content_type = "text/plain", .body = std::move(seen)};
}

void ServerFixture::listen(Handler handler, ServerOptions options) {
  auto made = Server::listen(std::move(options), server_tls(),
                             {{&thread_.loop(), std::move(handler)}}, nullptr);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  server_ = *std::move(made);
}

std::string ServerFixture::url(std::string_view path) const {
  return cat("https://127.0.0.1:", server_->port(), path);
}

ClientRequest ServerFixture::get(std::string_view path) const {
  return {.url = url(path)};
}

}  // namespace signet::net::testing
