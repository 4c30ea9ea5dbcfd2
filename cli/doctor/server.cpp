#include "doctor/checks.hpp"
#include "output/token_output.hpp"
#include "request/client_options.hpp"

#include <oauth_token/http.hpp>
#include <oauth_token/server_metadata.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace oauth_token::cli {
namespace {

using namespace std::chrono_literals;

// A client assertion lives for 60 s.
constexpr std::chrono::seconds most_skew{30};

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool is_address(const std::string& host) {
  return host.front() == '[' || host.find_first_not_of("0123456789.") == std::string::npos;
}

void report_certificate(Examination& run, const std::string& place, const ServerConnection& server,
                        bool is_checked) {
  std::string sentence = place + " speaks " + server.tls_version;
  bool is_late = false;
  if (server.valid_until) {
    const auto left = std::chrono::floor<std::chrono::days>(*server.valid_until - now());
    is_late = left < least_days;
    sentence += "; the first certificate of its chain to end (" + server.first_to_end + ") does so on " +
                time_text(*server.valid_until) + ", in " + std::to_string(left.count()) + " days";
  }
  if (!is_checked)
    run.list.warning("tls", sentence + "; nothing of it was checked (--insecure-tls).",
                     "Name the authority to trust with --cacert FILE in place of --insecure-tls.");
  else if (is_late)
    run.list.warning("tls", sentence + ".", "Ask the server's operator to renew it in time.");
  else
    run.list.ok("tls", sentence + ".");
}

/// What is known from how far a failed connection got.
void report_failure(Examination& run, const Url& url, Error error) {
  const ErrorClass what = error.error_class;
  if (error.reason == "name") return run.failed("dns", std::move(error));
  if (what == ErrorClass::tls || what == ErrorClass::insecure || what == ErrorClass::config) {
    if (what == ErrorClass::tls) run.list.ok("connection", url.origin() + " is reached.");
    return run.failed("tls", std::move(error));
  }
  run.failed("connection", std::move(error));
}

void report_way(Examination& run, const Url& url, const std::string& role, const ServerConnection& server) {
  if (!server.proxy.empty())
    run.list.ok("dns", "The proxy " + server.proxy + " looks up " + url.host + role + ".");
  else if (!is_address(url.host))
    run.list.ok("dns", url.host + role + " is " + server.address + ".");
  run.list.ok("connection", url.origin() + role + " is reached" +
                                (server.proxy.empty() ? "." : " by way of the proxy " + server.proxy + "."));
}

/// Names, TCP and TLS; nothing when one of them does not work. `role` is said behind the server's name.
std::optional<ServerConnection> check_connection(Examination& run, const Url& url, const std::string& role,
                                                 const TransportOptions& options) {
  auto server = examine_server(options, url.text, run.deadline, run.stop);
  if (!server) {
    report_failure(run, url, std::move(server.error()));
    return std::nullopt;
  }
  report_way(run, url, role, *server);
  if (url.scheme == "https")
    report_certificate(run, url.origin() + role, *server, !options.insecure_tls);
  else if (url.is_loopback())
    run.list.ok("tls", url.origin() + " is plain http on this machine.");
  else
    run.list.warning("tls", "Plain http to " + url.origin() + " shows secrets to everyone on the way.",
                     "Use the https URL of this server.");
  return std::move(*server);
}

std::string duration_text(std::chrono::seconds time) {
  const auto count = time.count();
  if (time < 2min) return std::to_string(count) + " s";
  if (time < 2h) return std::to_string(count / 60) + " min";
  if (time < 48h) return std::to_string(count / 3600) + " h";
  return std::to_string(count / 86400) + " days";
}

/// What the server's clock said, and when it was heard.
struct Clocks {
  std::optional<std::chrono::sys_seconds> theirs = {};
  std::chrono::sys_seconds ours = {};
};

void listen(Clocks& clocks, const HttpResponse& response) {
  clocks.ours = now();
  clocks.theirs = date_of(response, clocks.ours);
  const auto age = response.header("Age");  // an answer out of a cache (RFC 9111 s5.1)
  std::uint32_t seconds = 0;
  if (clocks.theirs && age &&
      std::from_chars(age->data(), age->data() + age->size(), seconds).ec == std::errc())
    *clocks.theirs += std::chrono::seconds(seconds);
}

void report_clock(Examination& run, const Clocks& clocks) {
  if (!clocks.theirs)
    return run.list.warning("clock", "The server does not say what time it is.",
                            "Make sure that this machine's clock is right.");
  const auto skew = clocks.ours - *clocks.theirs;
  if (std::chrono::abs(skew) <= most_skew)
    return run.list.ok("clock", "This machine and the server agree on the time.");
  run.list.warning("clock",
                   "This machine's clock is " + duration_text(std::chrono::abs(skew)) +
                       (skew > 0s ? " ahead of" : " behind") + " the server's.",
                   "Set it right (timedatectl set-ntp true): certificates, assertions and the ends of tokens "
                   "depend on it.");
}

Transport listening(Transport transport, Clocks& clocks) {
  return [transport = std::move(transport), &clocks](const HttpRequest& request, std::stop_token stop) {
    auto response = transport(request, std::move(stop));
    if (response) listen(clocks, *response);
    return response;
  };
}

/// Where there are no metadata, the server's front page is asked for its head: nobody takes that for an
/// attempt to sign in.
void ask_front_page(Examination& run, const Url& url, const Transport& transport, Clocks& clocks) {
  const auto response = transport(
      {.method = "HEAD", .url = url.origin() + "/", .sensitive = false, .deadline = run.deadline}, run.stop);
  if (!response)
    return run.list.warning("clock", "The server's clock is not known: " + response.error().message,
                            response.error().hint);
  report_clock(run, clocks);
}

std::optional<ServerMetadata> check_metadata(Examination& run, const ClientSettings& client,
                                             const Transport& transport, const Clocks& clocks,
                                             bool allow_http) {
  auto metadata =
      discover(transport, client.issuer, {.deadline = run.deadline, .allow_http = allow_http}, run.stop);
  if (clocks.theirs || metadata) report_clock(run, clocks);
  if (!metadata) {
    run.failed("metadata", std::move(metadata.error()));
    return std::nullopt;
  }
  if (!client.token_endpoint.empty() && client.token_endpoint != metadata->token_endpoint)
    run.list.warning("metadata",
                     "The token endpoint that is set, " + client.token_endpoint +
                         ", is not the one in the metadata, " + metadata->token_endpoint + ".",
                     "Leave out token-endpoint, unless that is meant.");
  else
    run.list.ok("metadata", "The metadata name the issuer asked for; the token endpoint is " +
                                metadata->token_endpoint + ".");
  return std::move(*metadata);
}

struct Server {
  TransportOptions options;
  bool secret_at_hand = false;
  ClientSettings client;
};

Result<Server> named_server(Examination& run) {
  auto client = client_settings(run.context, run.settings);
  if (!client) return fail(std::move(client.error()));
  auto options = run_options(run.context, run.settings);
  if (!options) return fail(options.error());
  auto reaching = read_tls_cert(run, *client, *options);
  if (!reaching) return fail(std::move(reaching.error()));
  return Server{.options = std::move(*reaching),
                .secret_at_hand = !options->client_secret.empty(),
                .client = std::move(*client)};
}

/// The metadata, where there are some; false: the server cannot be used.
Result<std::optional<ServerMetadata>> ask_server(Examination& run, const Server& server, const Url& url) {
  Clocks clocks;
  auto transport = make_transport(server.options);
  if (!transport) return fail(std::move(transport.error()));
  *transport = listening(std::move(*transport), clocks);
  std::optional<ServerMetadata> metadata;
  if (server.client.issuer.empty())
    ask_front_page(run, url, *transport, clocks);
  else
    metadata = check_metadata(run, server.client, *transport, clocks, server.options.allow_http);
  return metadata;
}

/// Where token requests go; empty: not known.
std::string endpoint_in_use(const Server& server, const std::optional<ServerMetadata>& metadata) {
  if (!server.client.token_endpoint.empty() || !metadata) return server.client.token_endpoint;
  const bool has_alias = server.options.client_certificate && !metadata->mtls_token_endpoint.empty();
  return has_alias ? metadata->mtls_token_endpoint : metadata->token_endpoint;
}

/// The connection to the token endpoint: `first` where that is at the same place as `url`.
void check_endpoint(Examination& run, const Server& server, const std::optional<ServerMetadata>& metadata,
                    const Url& url, std::optional<ServerConnection> first) {
  const std::string endpoint = endpoint_in_use(server, metadata);
  const auto at = parse_url(endpoint);
  if (!at) return;
  const bool is_alias = metadata && endpoint == metadata->mtls_token_endpoint;
  const char* const role = is_alias ? " (alias for client certificates)" : " (token endpoint)";
  if (at->origin() != url.origin()) first = check_connection(run, *at, role, server.options);
  if (server.options.client_certificate && first)
    check_tls_cert_at(run, server.options, at->origin(), first->asks_for_certificate);
}

}  // namespace

void check_server(Examination& run) {
  const bool is_named = run.settings.given("issuer") || run.settings.given("token-endpoint");
  if (!is_named && run.settings.profile_error) return;
  if (!is_named)
    return run.list.warning("server", "No server is named, so none was asked.",
                            "Name a profile, --issuer URL or --token-endpoint URL.");
  const auto server = named_server(run);
  if (!server) return run.failed("server", server.error());
  const ClientSettings& client = server->client;
  const auto url = parse_url(client.issuer.empty() ? client.token_endpoint : client.issuer);
  if (!url) return run.failed("server", url.error());
  auto connection = check_connection(run, *url, "", server->options);
  if (!connection) return check_client(run, client, server->secret_at_hand, std::nullopt);
  const auto metadata = ask_server(run, *server, *url);
  if (!metadata) return run.failed("server", metadata.error());
  check_endpoint(run, *server, *metadata, *url, std::move(connection));
  if (*metadata) check_grants(run, **metadata);
  check_client(run, client, server->secret_at_hand, *metadata);
}

}  // namespace oauth_token::cli
