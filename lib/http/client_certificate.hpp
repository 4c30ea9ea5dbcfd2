#pragma once

#include "http/trust.hpp"

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>

#include <optional>
#include <string>

namespace oauth_token::http {

/// Class `config` when TLS would not use it, e.g. since its key is too short. None is fine.
Result<void> check(const ClientCertificate& certificate);

/// Whether an SSL_CTX that libcurl made is for the server and not for an https proxy: CURLSSLOPT_ALLOW_BEAST
/// is the mark of the server's.
bool is_of_server(void* ssl_context) noexcept;

/// Sets the SSL_CTX of a connection to a server up: `report.own`, if any, is shown when the server asks for
/// one; `report`, which must outlive it, notes whether it did. After `check`.
void show(void* ssl_context, TlsReport& report);

/// Why a server broke off, when that was for the client's certificate or the lack of one. `code` is
/// OpenSSL's.
std::optional<Finding> about_client_certificate(const TlsReport& report, unsigned long code,
                                                const std::string& server);

}  // namespace oauth_token::http
