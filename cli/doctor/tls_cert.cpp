#include "doctor/checks.hpp"
#include "output/token_output.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace oauth_token::cli {
namespace {

constexpr std::string_view tls_cert_check = "tls-cert";

constexpr std::string_view unasked = "unasked";

Result<Secret> never_asks(const std::string& /*file*/, std::stop_token /*stop*/) {
  return fail(
      Error{.error_class = ErrorClass::config,
            .message = "The key of the client certificate is encrypted, so the certificate was not tried.",
            .hint = "Name --tls-key-passphrase-file or -command to have it tried: nobody is asked here.",
            .reason = std::string(unasked)});
}

void check_end(Examination& run, const ClientCertificate& certificate) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto left = std::chrono::floor<std::chrono::days>(certificate.valid_until() - now);
  const std::string sentence = "The client certificate (" + certificate.subject() + ") ends on " +
                               time_text(certificate.valid_until()) + ", in " + std::to_string(left.count()) +
                               " days.";
  if (left < least_days) return run.list.warning(tls_cert_check, sentence, "Have it renewed in time.");
  run.list.ok(tls_cert_check, sentence);
}

}  // namespace

Result<TransportOptions> read_tls_cert(Examination& run, ClientSettings client, ClientRunOptions& options) {
  options.ask_passphrase = never_asks;
  options.warn = [&run](const std::string& sentence) {
    run.list.warning(tls_cert_check, sentence, "Let nobody but you read it.");
  };
  auto reaching = transport_options(client, options, run.stop);
  if (reaching) {
    if (reaching->client_certificate) check_end(run, reaching->client_certificate);
    return reaching;
  }
  if (reaching.error().reason == unasked)
    run.list.warning(tls_cert_check, reaching.error().message, reaching.error().hint);
  else
    run.failed(tls_cert_check, std::move(reaching.error()));
  client.certificate = {};  // the rest can be looked at without it
  return transport_options(client, options, run.stop);
}

void check_tls_cert_at(Examination& run, const TransportOptions& options, const std::string& origin,
                       bool is_asked) {
  if (!is_asked)
    return run.list.warning(tls_cert_check, origin + " does not ask for the client certificate.",
                            "The server may do so at another address, which its metadata or its operator "
                            "should name.");
  const auto transport = make_transport(options);
  if (!transport) return run.failed(tls_cert_check, transport.error());
  // In TLS 1.3 a refusal comes behind the handshake. Nobody takes this for an attempt to sign in.
  auto answer = (*transport)(
      {.method = "HEAD", .url = origin + "/", .sensitive = false, .deadline = run.deadline}, run.stop);
  if (!answer) return run.failed(tls_cert_check, std::move(answer.error()));
  run.list.ok(tls_cert_check, origin + " asks for the client certificate and takes it in the handshake.");
}

}  // namespace oauth_token::cli
