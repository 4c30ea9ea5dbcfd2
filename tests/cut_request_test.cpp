// A normal exchange, cut once at each byte (for the sanitizers, each third), by FIN and by RST, in both
// directions, without TLS and with it.

#include "support/cutting_server.hpp"
#include "support/own_certificate.hpp"
#include "support/session_world.hpp"

#include <oauth_token/token_client.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>

namespace cut_request_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

TokenClient client_of(const std::string& url, const std::string& ca_file) {
  return TokenClient({.token_endpoint = url,
                      .authentication = ClientSecretBasic{.client_id = "app", .client_secret = Secret("cs")},
                      .timeout = 20s,
                      .transport_options = {.ca_file = ca_file, .proxy = ""}});
}

Result<Token> request(const TokenClient& client) {
  return client.request(PasswordGrant{.username = "alice", .password = Secret("secret")});
}

Result<Token> request(const std::string& url, const std::string& ca_file) {
  return request(client_of(url, ca_file));
}

std::pair<std::string, std::string> answer(const std::string& /*request*/) {
  const std::string body = R"({"access_token":"a","token_type":"Bearer","expires_in":60})";
  return {CuttingServer::head(body), body};
}

// What one cut has to lead to; the bytes that arrived tell more than the offset.
void check(const Result<Token>& token, const Served& served, const Cut& cut) {
  const bool is_whole = served.answer_sent;
  CHECK_MESSAGE(token.has_value() == is_whole, value(token));
  if (token) {
    CHECK(value(token) == "a");
    return;
  }
  const Error& error = token.error();
  CHECK_MESSAGE(error.error_class == ErrorClass::network, shown(error));
  CHECK_MESSAGE(error.message.find_first_of("\r\n\033") == std::string::npos, shown(error));
  CHECK_FALSE(error.hint.empty());
  // What was sent is not called unsent, and what cannot have been sent may be repeated.
  if (served.request_bytes > 0) CHECK(error.sent != Sent::no);
  if (!served.handshake_sent) CHECK(error.sent == Sent::no);
  CHECK(error.retry_safe == (error.sent == Sent::no));
  if (cut.by_reset) return;
  CHECK(error.sent == (!served.handshake_sent ? Sent::no : served.head_sent ? Sent::yes : Sent::maybe));
  CHECK(error.http_status == (served.head_sent ? 200 : 0));
  CHECK_MESSAGE((error.reason == "closed" || error.reason == "truncated"), error.reason, ": ", shown(error));
}

int descriptors() {
  return static_cast<int>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

void cut_everywhere(bool tls) {
  const OwnCertificate certificate;
  const TemporaryFolder folder;
  const std::string ca_file = folder.path + "/ca.pem";
  write(ca_file, certificate.pem());
  CuttingServer server(tls ? certificate.context() : nullptr, answer);
  REQUIRE(value(request(server.url(), ca_file)) == "a");
  REQUIRE(server.take_served().size() == 1);
  const int before = descriptors();
  for (const auto side : {Cut::Side::to_client, Cut::Side::from_client})
    for (const bool by_reset : {false, true}) {
      std::size_t cuts = 0;
      for (std::size_t offset = 0;; offset += cut_step) {
        const Cut cut{.side = side, .offset = offset, .by_reset = by_reset};
        CAPTURE(tls);
        CAPTURE(by_reset);
        CAPTURE((side == Cut::Side::to_client));
        CAPTURE(offset);
        server.cut({cut});
        const auto token = request(server.url(), ca_file);
        const auto served = server.take_served();
        REQUIRE(served.size() == 1);  // a password is sent once
        check(token, served.front(), cut);
        if (!served.front().was_cut) break;
        ++cuts;
      }
      MESSAGE(std::string(tls ? "https, " : "http, ")
              << std::string(side == Cut::Side::to_client ? "answer, " : "request, ")
              << std::string(by_reset ? "RST: " : "FIN: ") << cuts << " cuts");
      CHECK(cuts > 150 / cut_step);
    }
  CHECK(descriptors() == before);
}

}  // namespace

TEST_CASE("an exchange over http that is cut at any byte is the network's fault, and says what was sent") {
  cut_everywhere(false);
}

TEST_CASE("an exchange over TLS that is cut at any byte is the network's fault, and says what was sent") {
  cut_everywhere(true);
}

TEST_CASE("a TLS session that is resumed is cut like any other, and no data goes out early") {
  const OwnCertificate certificate;
  const TemporaryFolder folder;
  const std::string ca_file = folder.path + "/ca.pem";
  write(ca_file, certificate.pem());
  SSL_CTX_set_max_early_data(certificate.context(), 16'384);
  CuttingServer server(certificate.context(), answer);
  const TokenClient client = client_of(server.url(), ca_file);
  REQUIRE(value(request(client)) == "a");
  server.take_served();  // else the client would ask again on a connection that is about to end
  for (const auto side : {Cut::Side::to_client, Cut::Side::from_client}) {
    std::size_t resumed = 0;
    for (std::size_t offset = 0;; offset += cut_step) {
      const Cut cut{.side = side, .offset = offset, .by_reset = side == Cut::Side::from_client};
      CAPTURE((side == Cut::Side::to_client));
      CAPTURE(offset);
      REQUIRE(value(request(client)) == "a");  // whatever was cut before
      server.take_served();
      server.cut({cut});
      const auto token = request(client);
      const auto served = server.take_served();
      REQUIRE(served.size() == 1);
      check(token, served.front(), cut);
      CHECK_FALSE(served.front().had_early_data);
      if (served.front().was_resumed) ++resumed;
      if (!served.front().was_cut) break;
    }
    CHECK(resumed > 200 / cut_step);
  }
}

}  // namespace cut_request_test
