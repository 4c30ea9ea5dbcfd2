#include "http/connection_diagnosis.hpp"

#include "http/curl.hpp"

#include <oauth_token/text.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace oauth_token::http {
namespace {

std::string proxy_name(std::string_view proxy) { return "the proxy " + host_of_proxy(proxy); }

Error network_error(const char* reason, std::string message, std::string hint) {
  return {.error_class = ErrorClass::network,
          .message = std::move(message),
          .hint = std::move(hint),
          .reason = reason};
}

Error about_proxy(const ConnectionFailure& failure, const Route& route) {
  const std::string proxy = proxy_name(route.proxy);
  if (failure.code == CURLE_COULDNT_RESOLVE_PROXY)
    return network_error("proxy", "The name of " + proxy + " cannot be resolved.",
                         "Check --proxy, https_proxy and no_proxy.");
  if (failure.proxy_status == 407)
    return network_error("proxy", "Access through " + proxy + " needs a user name and password (status 407).",
                         "Write them into the proxy's URL: http://USER:PASSWORD@HOST:PORT.");
  if (failure.proxy_status != 0)
    return network_error("proxy",
                         "A connection through " + proxy + " was refused (status " +
                             std::to_string(failure.proxy_status) + ").",
                         "Ask the proxy's operator, or name the server in no_proxy.");
  return network_error(
      "proxy", "A connection through " + proxy + " failed: " + escape_for_terminal(failure.text) + ".",
      "Check --proxy, https_proxy and no_proxy.");
}

// libcurl says "Failed to connect to HOST port PORT …" of server and proxy alike.
std::string peer(const ConnectionFailure& failure, const Url& url, const Route& route) {
  std::string_view host = url.host;
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  const std::string server = " " + std::string(host) + " port " + std::to_string(url.port) + " ";
  const bool is_server = route.proxy.empty() || failure.text.find(server) != std::string_view::npos;
  return is_server ? url.origin() : proxy_name(route.proxy);
}

Error about_refusal(const ConnectionFailure& failure, const Url& url, const Route& route) {
  const std::string there = peer(failure, url, route);
  switch (failure.os_error) {
    case ECONNREFUSED:
      return network_error("refused", "Nothing listens at " + there + ": the connection was refused.",
                           "Check host and port, and whether the server is up.");
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
      return network_error("unreachable", "There is no way to " + there + " from this machine.",
                           "Check the network connection, a VPN perhaps, or the proxy settings.");
    case EMFILE:
    case ENFILE:
      return network_error("limit", "No connection to " + there + ": too many files are open.",
                           "Raise the limit of open files: ulimit -n.");
    default: {
      const std::string why =
          failure.os_error == 0 ? "" : ": " + std::generic_category().message(failure.os_error);
      return network_error("connect", "No connection to " + there + why + ".",
                           "Check host and port, and firewalls on the way.");
    }
  }
}

// Some servers (Node.js) refuse a client certificate, or the lack of one, without a word.
std::string after_loss(const ConnectionFailure& failure, const TlsReport& tls, const char* usual) {
  if (!tls.is_asked || failure.is_answered) return usual;
  return tls.own
             ? "It had asked for a client certificate, and may not accept the one given; its log may say why."
             : "It had asked for a client certificate, and none was given: it may demand one (--tls-cert "
               "FILE).";
}

Error about_loss(const ConnectionFailure& failure, const std::string& there, const TlsReport& tls) {
  const std::string when = failure.is_in_handshake ? " during the TLS handshake" : "";
  const bool is_reset = failure.os_error == ECONNRESET || failure.os_error == EPIPE;
  // Without an error of the system it just ended, in the middle of what TLS had to say perhaps.
  if (failure.code == CURLE_OK || failure.os_error == 0)
    return network_error("closed", there + " closed the connection" + when + ".",
                         after_loss(failure, tls, "Try again later; its log may say why."));
  return network_error(
      is_reset ? "reset" : "broken",
      "The connection to " + there + (is_reset ? " was reset" : " broke") + when + ".",
      after_loss(failure, tls, "Try again later; a firewall on the way or the server's log may say why."));
}

// Which hosts go past the proxy only libcurl knows; the port tells, or its sentence.
bool is_at_proxy(const ConnectionFailure& failure, const Url& url, const Route& route, const TlsReport& tls) {
  if (failure.is_connected || tls.is_of_server || route.proxy.empty()) return false;
  return failure.port != 0 ? failure.port != url.port : peer(failure, url, route) != url.origin();
}

Error about_loss_at_proxy(const ConnectionFailure& failure, const std::string& proxy, const TlsReport& tls) {
  Error error = about_loss(failure, proxy, tls);
  if (error.reason == "closed" && !failure.is_in_handshake)
    error.message = proxy + " closed the connection, or did not answer as a proxy does.";
  error.hint = "Check --proxy, https_proxy and no_proxy; the proxy's log may say why.";
  return error;
}

Error about(const ConnectionFailure& failure, const Url& url, const Route& route, const Trust& trust,
            const TlsReport& tls) {
  const bool at_proxy = is_at_proxy(failure, url, route, tls);
  const std::string there = at_proxy ? proxy_name(route.proxy) : url.origin();
  const auto lost = at_proxy ? about_loss_at_proxy : about_loss;
  const bool is_verification =
      tls.verify_error != 0 || tls.revoked || failure.code == CURLE_PEER_FAILED_VERIFICATION;
  if (is_verification || Trust::is_tls_error(failure.text))
    return trust.explain(tls, failure.text, there, failure.is_connected);
  if (!failure.is_connected && (failure.proxy_status >= 300 || failure.code == CURLE_PROXY ||
                                failure.code == CURLE_COULDNT_RESOLVE_PROXY))
    return about_proxy(failure, route);
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      if (failure.text.find("thread failed to start") != std::string_view::npos)
        return network_error("limit", "No thread can be started that looks up the name " + url.host + ".",
                             "Raise this user's limit of processes: ulimit -u.");
      return network_error("name", "The name " + url.host + " cannot be resolved.",
                           "Check the spelling, and whether this machine's DNS works.");
    case CURLE_COULDNT_CONNECT:
      if (failure.os_error == ECONNRESET) return lost(failure, there, tls);
      return about_refusal(failure, url, route);
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return {.error_class = ErrorClass::internal,
              .message = "libcurl failed: " +
                         std::string(curl_easy_strerror(static_cast<CURLcode>(failure.code))) + "."};
    default:
      return lost(failure, there, tls);
  }
}

}  // namespace

std::string host_of_proxy(std::string_view proxy) {
  if (const auto scheme = proxy.find("://"); scheme != std::string_view::npos)
    proxy.remove_prefix(scheme + 3);
  if (const auto user = proxy.rfind('@'); user != std::string_view::npos) proxy.remove_prefix(user + 1);
  return escape_for_terminal(proxy.substr(0, proxy.find('/')));
}

Error explain(const ConnectionFailure& failure, const Url& url, const Route& route, const Trust& trust,
              const TlsReport& tls) {
  Error error = about(failure, url, route, trust, tls);
  if (error.message.starts_with("the ")) error.message.front() = 'T';
  return error;
}

}  // namespace oauth_token::http
