// Gives programs that know no client certificates one: preloaded into wrk and h2load, it puts the
// certificate and key named by the environment into every TLS context they make.
//
//   LD_PRELOAD=libclient_certificate.so SIGNET_BENCH_CERT=admin.crt SIGNET_BENCH_KEY=admin.key wrk
//   ...
//
// Errors   a context without the certificate would measure refusals: the program ends instead.
#include <dlfcn.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <cstdlib>

namespace {

using NewContext = SSL_CTX* (*)(const SSL_METHOD*);

bool add_certificate(SSL_CTX* context) {
  const char* certificate = std::getenv("SIGNET_BENCH_CERT");  // NOLINT(concurrency-mt-unsafe)
  const char* key = std::getenv("SIGNET_BENCH_KEY");           // NOLINT(concurrency-mt-unsafe)
  return certificate != nullptr && key != nullptr &&
         SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}

}  // namespace

extern "C" SSL_CTX* SSL_CTX_new(const SSL_METHOD* method) {
  static const auto original = reinterpret_cast<NewContext>(dlsym(RTLD_NEXT, "SSL_CTX_new"));
  SSL_CTX* context = original(method);
  if (context != nullptr && !add_certificate(context)) {
    std::fputs("client_certificate: cannot use SIGNET_BENCH_CERT and SIGNET_BENCH_KEY\n", stderr);
    std::_Exit(1);
  }
  return context;
}
