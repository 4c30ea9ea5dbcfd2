#include "session/any_text.hpp"
#include "session/record_members.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace oauth_token {
namespace {

void write_assertion(json::Writer& out, const AssertionSettings& assertion) {
  write(out, "signing_key", assertion.key);
  write(out, "signing_key_passphrase", assertion.key_passphrase);
  write(out, "signing_key_id", assertion.key_id);
  write(out, "signing_alg", assertion.algorithm);
  write(out, "assertion_audience", assertion.audience);
  if (assertion.lifetime != AssertionSettings().lifetime)
    out.member("assertion_lifetime", std::int64_t{assertion.lifetime.count()});
  write(out, "assertion_type", assertion.type);
  if (assertion.not_before) out.member("assertion_nbf", true);
}

void read_assertion(RecordReader& in, AssertionSettings& assertion) {
  in.read("signing_key", assertion.key);
  in.read("signing_key_passphrase", assertion.key_passphrase);
  in.read("signing_key_id", assertion.key_id);
  in.read("signing_alg", assertion.algorithm);
  in.read("assertion_audience", assertion.audience);
  constexpr auto longest = static_cast<std::uint64_t>(AssertionOptions::longest_lifetime.count());
  std::uint64_t lifetime = static_cast<std::uint64_t>(assertion.lifetime.count());
  in.read("assertion_lifetime", lifetime);
  in.sound = in.sound && lifetime >= 1 && lifetime <= longest;
  assertion.lifetime = std::chrono::seconds(lifetime);
  in.read("assertion_type", assertion.type);
  in.read("assertion_nbf", assertion.not_before);
}

void read_dpop(RecordReader& in, DpopSettings& dpop) {
  std::string use;
  in.read("dpop", use);
  dpop.use = use == "required" ? DpopUse::required : use == "optional" ? DpopUse::optional : DpopUse::none;
  in.sound = in.sound && use == to_string(dpop.use);
  in.read("dpop_key", dpop.key);
}

}  // namespace

void write(json::Writer& out, const ClientSettings& client) {
  write(out, "issuer", client.issuer);
  write(out, "token_endpoint", client.token_endpoint);
  write(out, "introspection_endpoint", client.introspection_endpoint);
  write(out, "revocation_endpoint", client.revocation_endpoint);
  write(out, "client_id", client.client_id);
  write(out, "client_auth", client.client_auth);
  out.member("basic_encoding", client.basic_encoding == BasicEncoding::raw ? "raw" : "form");
  write(out, "client_secret", client.client_secret);
  write(out, "client_assertion", client.client_assertion);
  write_assertion(out, client.assertion);
  write(out, "tls_cert", client.certificate.certificate);
  write(out, "tls_key", client.certificate.key);
  write(out, "tls_key_passphrase", client.certificate.key_passphrase);
  write(out, "dpop", std::string(to_string(client.dpop.use)));
  write(out, "dpop_key", client.dpop.key);
  write(out, "endpoint_issuer", client.endpoint_issuer);
  if (!client.headers.empty()) {
    out.name("headers").begin_array();
    for (const HttpHeader& header : client.headers) write_pair(out, header.name, header.value);
    out.end_array();
  }
  write(out, "ca_file", client.ca_file);
  if (client.proxy) write_text(out.name("proxy"), *client.proxy);
  if (client.lenient) out.member("lenient", true);
}

void read(RecordReader& in, ClientSettings& client) {
  in.read("issuer", client.issuer);
  in.read("token_endpoint", client.token_endpoint);
  in.read("introspection_endpoint", client.introspection_endpoint);
  in.read("revocation_endpoint", client.revocation_endpoint);
  in.read("client_id", client.client_id);
  in.read("client_auth", client.client_auth);
  std::string encoding = "form";
  in.read("basic_encoding", encoding);
  in.sound = in.sound && (encoding == "form" || encoding == "raw");
  client.basic_encoding = encoding == "raw" ? BasicEncoding::raw : BasicEncoding::form;
  in.read("client_secret", client.client_secret);
  in.read("client_assertion", client.client_assertion);
  read_assertion(in, client.assertion);
  in.read("tls_cert", client.certificate.certificate);
  in.read("tls_key", client.certificate.key);
  in.read("tls_key_passphrase", client.certificate.key_passphrase);
  read_dpop(in, client.dpop);
  in.read("endpoint_issuer", client.endpoint_issuer);
  in.read("headers", client.headers);
  in.read("ca_file", client.ca_file);
  in.read("proxy", client.proxy);
  in.read("lenient", client.lenient);
}

}  // namespace oauth_token
