// A server that does something else than its next record of TLS: an alert, garbage, another handshake.

#include "support/local_server.hpp"
#include "support/own_certificate.hpp"
#include "support/session_world.hpp"

#include <oauth_token/token_client.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <openssl/ssl.h>
#include <sys/socket.h>

namespace tls_trouble_test {

using namespace world;
using namespace std::chrono_literals;

namespace {

/// What the server sends instead of the record of that number, and then ends.
struct Trouble {
  std::size_t record = std::numeric_limits<std::size_t>::max();
  std::string instead = {};
  int renegotiations = 0;  ///< after the request, before the answer
};

struct Heard {
  std::size_t records = 0;        ///< of the server's own
  std::size_t request_bytes = 0;  ///< decrypted
  bool was_in_trouble = false;
};

/// One connection of a server of its own.
class TroubledServer {
 public:
  TroubledServer(SSL_CTX* tls, Trouble trouble) : trouble_(std::move(trouble)), ssl_(SSL_new(tls), SSL_free) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
    url_ = "https://127.0.0.1:" + std::to_string(loopback::port_of(socket_)) + "/token";
    thread_ = std::thread([this] { serve(); });
  }
  TroubledServer(const TroubledServer&) = delete;
  TroubledServer& operator=(const TroubledServer&) = delete;
  ~TroubledServer() {
    if (thread_.joinable()) heard();
    ::close(socket_);
  }
  [[nodiscard]] const std::string& url() const { return url_; }
  /// When the client is gone.
  Heard heard() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    return heard_;
  }

 private:
  void serve() {
    stream_ = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 16'384> part{};
    std::string request;
    bool is_answered = false;
    for (ssize_t got = 0; (got = ::recv(stream_, part.data(), part.size(), 0)) > 0;) {
      BIO_write(SSL_get_rbio(ssl_.get()), part.data(), static_cast<int>(got));
      for (int read = 0; (read = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()))) > 0;)
        request.append(part.data(), static_cast<std::size_t>(read));
      heard_.request_bytes = request.size();
      if (request.ends_with("password=secret") && !is_answered && !SSL_renegotiate_pending(ssl_.get())) {
        if (trouble_.renegotiations-- > 0) {
          SSL_renegotiate(ssl_.get());
          SSL_do_handshake(ssl_.get());
        } else {
          const std::string answer = LocalServer::token();
          SSL_write(ssl_.get(), answer.data(), static_cast<int>(answer.size()));
          is_answered = true;
        }
      }
      flush();
    }
    ::close(stream_);
  }

  void flush() {
    std::array<char, 16'384> part{};
    for (int got = 0;
         (got = BIO_read(SSL_get_wbio(ssl_.get()), part.data(), static_cast<int>(part.size()))) > 0;)
      out_.append(part.data(), static_cast<std::size_t>(got));
    while (out_.size() >= 5) {  // type, version, length
      const std::size_t size = 5 + static_cast<std::size_t>(static_cast<unsigned char>(out_[3])) * 256 +
                               static_cast<unsigned char>(out_[4]);
      pass(out_.substr(0, size));
      out_.erase(0, size);
    }
  }

  void pass(std::string record) {
    if (heard_.was_in_trouble) return;
    heard_.was_in_trouble = heard_.records++ == trouble_.record;
    if (heard_.was_in_trouble) record = trouble_.instead;
    (void)::send(stream_, record.data(), record.size(), MSG_NOSIGNAL);
    if (heard_.was_in_trouble) ::shutdown(stream_, SHUT_WR);
  }

  Trouble trouble_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  int socket_ = loopback::listen(1);
  int stream_ = -1;
  std::string url_ = {};
  std::string out_ = {};
  Heard heard_ = {};
  std::thread thread_ = {};
};

struct Side {
  TemporaryFolder folder = {};
  OwnCertificate certificate = {};
  std::string ca_file = folder.path + "/ca.pem";
  explicit Side(int version) {
    write(ca_file, certificate.pem());
    SSL_CTX_set_min_proto_version(certificate.context(), version);
    SSL_CTX_set_max_proto_version(certificate.context(), version);
  }
};

Result<Token> request(const std::string& url, const std::string& ca_file,
                      std::chrono::milliseconds timeout = 20s) {
  const TokenClient client(
      {.token_endpoint = url, .timeout = timeout, .transport_options = {.ca_file = ca_file, .proxy = ""}});
  return client.request(PasswordGrant{.username = "alice", .password = Secret("secret")});
}

std::string alert(int level, int description) {
  return {'\x15', '\x03', '\x03', '\0', '\x02', static_cast<char>(level), static_cast<char>(description)};
}

/// Does it at every record of either version; what is said at the first.
std::string at_every_record(const std::string& instead, bool may_be_an_end = false) {
  std::string first;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Side side(version);
    for (std::size_t record = 0;; ++record) {
      CAPTURE(version);
      CAPTURE(record);
      TroubledServer server(side.certificate.context(), {.record = record, .instead = instead});
      const auto token = request(server.url(), side.ca_file);
      const Heard heard = server.heard();
      if (!heard.was_in_trouble) {
        CHECK(value(token) == "a");
        CHECK(record >= 6);
        break;
      }
      if (token) continue;  // what follows the answer is not looked at
      const Error& error = token.error();
      const bool is_end = may_be_an_end && error.error_class == ErrorClass::network;
      CHECK_MESSAGE((error.error_class == ErrorClass::tls || is_end), shown(error));
      CHECK_MESSAGE(error.message.find_first_of("\r\n\033") == std::string::npos, shown(error));
      CHECK(error.message.back() == '.');
      CHECK_FALSE(error.hint.empty());
      if (heard.request_bytes > 0) CHECK(error.sent == Sent::maybe);
      if (record < 4) CHECK(error.sent == Sent::no);
      // A handshake that is over does not fail, and who has spoken TLS does not speak something else.
      const bool is_after = error.message.find("broke after the handshake (") != std::string::npos;
      CHECK_MESSAGE((is_end || is_after == (error.sent == Sent::maybe)), shown(error));
      if (first.empty()) first = error.message;
    }
  }
  return first;
}

}  // namespace

TEST_CASE("an alert at any step is class tls, and is named") {
  struct {
    int description;
    const char* said;
  } const rows[] = {
      {10, " failed (sslv3 alert unexpected message)."},
      {20, " failed (sslv3 alert bad record mac)."},
      {22, " failed (tlsv1 alert record overflow)."},
      {40, " found no TLS settings in common (sslv3 alert handshake failure)."},
      {47, " failed (sslv3 alert illegal parameter)."},
      {50, " failed (tlsv1 alert decode error)."},
      {51, " failed (tlsv1 alert decrypt error)."},
      {70, " speaks no version of TLS that is still safe; 1.2 is the least (tlsv1 alert protocol version)."},
      {71, " found no TLS settings in common (tlsv1 alert insufficient security)."},
      {80, " broke off the TLS handshake by an error of its own (tlsv1 alert internal error)."},
      {86, " failed (tlsv1 alert inappropriate fallback)."},
      {109, " failed (tlsv13 alert missing extension)."},
      {110, " failed (tlsv1 unsupported extension)."},
      {112, " knows no server of that name (tlsv1 unrecognized name)."},
      {120, " does not speak HTTP/1.1 (tlsv1 alert no application protocol)."},
  };
  for (const auto& row : rows) {
    const std::string said = at_every_record(alert(2, row.description));
    CHECK_MESSAGE(said.ends_with(row.said), said);
  }
}

TEST_CASE("a warning at any step, and then the end, is no token") {
  for (const int description : {0, 90, 100, 112}) {
    const std::string said = at_every_record(alert(1, description), true);
    CHECK_FALSE(said.empty());
  }
}

TEST_CASE("what is no TLS at any step is refused") {
  using namespace std::string_literals;
  const std::string rows[] = {
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      std::string(100, '\0'),
      "\x16\x03\x03\xff\xff" + std::string(70'000, 'x'),  // a record of 65535 bytes
      "\x17\x03\x03\0\x05hello"s,                         // data that is not encrypted
      "\x17\x03\x03\0\0"s,                                // none
      "\x16\x03\x03\0\x04\x0e\0\0\0"s,                    // "server hello done"
      "\x14\x03\x03\0\x01\x01\x14\x03\x03\0\x01\x01"s,    // "change cipher spec", twice
  };
  for (const std::string& row : rows) CHECK_FALSE(at_every_record(row, true).empty());
}

TEST_CASE("a server may renegotiate, but not for ever") {
  const Side side(TLS1_2_VERSION);
  for (const int times : {1, 3}) {
    TroubledServer server(side.certificate.context(), {.renegotiations = times});
    CHECK(value(request(server.url(), side.ca_file)) == "a");
  }
  TroubledServer server(side.certificate.context(), {.renegotiations = std::numeric_limits<int>::max()});
  const auto token = request(server.url(), side.ca_file, 500ms);
  REQUIRE_FALSE(token.has_value());
  CHECK(token.error().error_class == ErrorClass::timeout);
  CHECK(token.error().sent == Sent::maybe);
}

}  // namespace tls_trouble_test
