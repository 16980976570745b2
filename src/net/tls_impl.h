// TLS as the server speaks it: which versions, ciphers and peers are accepted.
//
// Shape    TLS 1.2 and 1.3, AEAD ciphers, ALPN h2 and http/1.1, sessions resumed from a bounded
//          cache in this process, in which the peer's verified certificate is kept with the
//          session.
// Source   RFC 8446, RFC 7301, RFC 9113 s9.2.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/release.h"
#include "base/result.h"
#include "net/http.h"
#include "net/server.h"

namespace signet::net {

using SslContext = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Release<SSL_free>>;

Result<SslContext> make_server_context(const ServerTls& tls);

enum class PeerVerdict { none, verified, refused };

// Who the other side of a finished handshake is. Refused: it resumed a session whose certificate
// has expired since, which the handshake does not check again.
PeerVerdict read_peer(const SSL* ssl, std::shared_ptr<const PeerCertificate>& peer);

// Until the certificate of the other side expires; the longest there is without one.
inline constexpr std::chrono::days certificate_life_longest{3650};
std::chrono::seconds certificate_life_left(const SSL* ssl);

// Whether ALPN chose HTTP/2.
bool chose_http2(const SSL* ssl);

// The oldest queued reason of OpenSSL as a sentence; empties the queue.
std::string openssl_reason();

}  // namespace signet::net
