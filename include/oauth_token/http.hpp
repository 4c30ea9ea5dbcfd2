#pragma once

#include <oauth_token/client_certificate.hpp>
#include <oauth_token/error.hpp>
#include <oauth_token/secret.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace oauth_token {

/// An absolute http or https URL, parsed once by libcurl's URL API; what was checked is what is used.
struct Url {
  std::string text = {};    ///< normalised
  std::string scheme = {};  ///< "http" or "https"
  std::string host = {};    ///< lower case; IPv6 in brackets
  std::uint16_t port = 0;   ///< the scheme's default where none was written
  std::string path = {};    ///< "/" at least
  std::string query = {};   ///< without "?"; empty: none

  /// "https://host:port", the port left out where it is the default (RFC 6454 s6.2).
  [[nodiscard]] std::string origin() const;
  /// 127.0.0.1, [::1] or localhost, as written.
  [[nodiscard]] bool is_loopback() const;
};

/// Refused with class `usage`: another scheme, user information, a fragment, control characters, no host.
/// Loads the HTTP module on first use. Thread-safe.
Result<Url> parse_url(std::string_view text);

/// A header field (RFC 9110 s5).
struct HttpHeader {
  std::string name = {};   ///< in any case of letters
  std::string value = {};  ///< without a line break
};

/// One request. Secrets are in `authorization` and `body` only.
struct HttpRequest {
  std::string method = "POST";           ///< as it is sent: letters count
  std::string url = {};                  ///< as parse_url takes it
  std::vector<HttpHeader> headers = {};  ///< beside Host, Content-Length and Authorization
  Secret authorization = {};             ///< value of the Authorization header; empty: none
  Secret body = {};                      ///< sent with Content-Length; empty: no body
  /// Carries a password, a refresh token or another secret that must not be sent twice: uses a fresh
  /// connection unless one was used less than a second ago.
  bool sensitive = true;
  /// When everything must be over; name look-up, connecting and TLS included.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  /// Takes what came of the body of a 2xx response that was cut off, beside the error; null: nobody wants it.
  Secret* cut_body = nullptr;
};

/// The final response (1xx are skipped). Any status is data, redirects included.
struct HttpResponse {
  int status = 0;                        ///< of three digits
  std::vector<HttpHeader> headers = {};  ///< in their order, repetitions too
  Secret body = {};                      ///< at most 1 MiB; more is an error

  /// The first value of that name in any case of letters; nothing when absent.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// Sends one request and returns one response, or an error of class network, timeout, tls, insecure,
/// protocol, interrupted, usage or internal, whose `sent` says whether bytes of the request have left. Never
/// repeats, never follows a redirect. Blocks; ends within 100 ms of a stop request. A test's fake is a
/// lambda.
using Transport = std::function<Result<HttpResponse>(const HttpRequest&, std::stop_token)>;

/// How to reach servers. Paths and URLs as the user wrote them.
struct TransportOptions {
  /// PEM file with the authorities to trust, in place of every other choice. Empty: CURL_CA_BUNDLE,
  /// SSL_CERT_FILE, SSL_CERT_DIR, else the system's hashed folder, else its bundle.
  std::string ca_file = {};
  /// Proxy URL. Absent: https_proxy, http_proxy, all_proxy and no_proxy as curl reads them. Empty: none.
  std::optional<std::string> proxy = {};
  bool insecure_tls = false;  ///< do not check the certificate
  bool allow_http = false;    ///< plain http beyond this machine
  /// Name look-up, TCP, proxy and TLS.
  std::chrono::milliseconds connect_timeout{10'000};
  /// Shown to servers that ask for one, never to a proxy.
  ClientCertificate client_certificate = {};
};

/// A transport over libcurl that may be called from many threads at once. Connections and TLS sessions are
/// kept inside it. Errors: `config` for a CA file that cannot be read or a client certificate that is too
/// weak for TLS, `internal` when the HTTP module cannot be loaded, which the first call does. Reads that file
/// or folder: blocks for the disk. Thread-safe.
Result<Transport> make_transport(const TransportOptions& options);

/// What a connection to a server shows before any request.
struct ServerConnection {
  std::string address = {};      ///< what was connected to: the server's, or the proxy's
  std::string proxy = {};        ///< host and port of the proxy in between; empty: none
  std::string tls_version = {};  ///< "TLSv1.3"; empty: plain http
  std::optional<std::chrono::sys_seconds> valid_until = {};  ///< when the first certificate of the chain ends
  std::string first_to_end = {};      ///< the subject of that one, as text fit for a terminal
  bool asks_for_certificate = false;  ///< the server asked for a client certificate, or demands one
};

/// Connects to the server of `url` as a transport would, the TLS handshake included, and closes again:
/// nothing of HTTP is sent to it. Blocks until `deadline` at most, and ends within 100 ms of a stop request.
/// Errors as Transport's. Thread-safe.
Result<ServerConnection> examine_server(
    const TransportOptions& options, std::string_view url,
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max(),
    std::stop_token stop = {});

/// The server's clock, from the Date header (RFC 9110 s6.6.1); nothing when that is absent or unreadable.
/// `now` settles the century of a year in two digits. Thread-safe.
std::optional<std::chrono::sys_seconds> date_of(const HttpResponse& response, std::chrono::sys_seconds now);

/// What -v and --dry-run print, some lines each: values of an allow-list, for all else a length; control
/// characters are escaped. All three are thread-safe.
std::string describe(const HttpRequest& request);
/// Server text that may repeat a secret is left out: only lengths but for a few members.
std::string describe(const HttpResponse& response);
/// The answer to `request`, with its error texts, in which every secret of the request is masked.
std::string describe(const HttpResponse& response, const HttpRequest& request);

}  // namespace oauth_token
#pragma GCC visibility pop
