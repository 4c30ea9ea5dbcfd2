#pragma once

#include "loopback.hpp"
#include "sanitized.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Where a connection ends: after so many bytes on the wire, those of TLS included.
struct Cut {
  enum class Side { to_client, from_client };
  Side side = Side::to_client;
  std::size_t offset = std::numeric_limits<std::size_t>::max();  ///< never
  bool by_reset = false;                                         ///< else by FIN, and reads what still comes
};

/// From one cut to the next: each byte, but for the sanitizers, which take four times as long.
inline constexpr std::size_t cut_step = is_sanitized ? 3 : 1;

/// What happened on one connection.
struct Served {
  bool was_cut = false;
  bool handshake_sent = false;  ///< all that the client needs to begin with its request
  bool asked = false;           ///< a whole request arrived
  bool head_sent = false;
  bool answer_sent = false;
  std::size_t request_bytes = 0;  ///< decrypted
  bool was_resumed = false;       ///< the TLS session of an earlier connection
  bool had_early_data = false;    ///< offered with the first message, before the handshake
};

/// A server on loopback that answers one request on each connection, one connection after the other, and cuts
/// it where it is told. `tls` is borrowed; nullptr: plain http. `answer` gives head and body.
class CuttingServer {
 public:
  using Answer = std::function<std::pair<std::string, std::string>(const std::string& request)>;

  CuttingServer(SSL_CTX* tls, Answer answer) : tls_(tls), answer_(std::move(answer)) {
    socket_ = loopback::listen(64);
    port_ = loopback::port_of(socket_);
    thread_ = std::thread([this] { accept(); });
  }
  CuttingServer(const CuttingServer&) = delete;
  CuttingServer& operator=(const CuttingServer&) = delete;
  ~CuttingServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  [[nodiscard]] std::string url() const {
    return (tls_ == nullptr ? "http" : "https") + std::string("://127.0.0.1:") + std::to_string(port_) +
           "/token";
  }

  /// For the next connections; those after them are whole.
  void cut(std::deque<Cut> cuts) {
    const std::lock_guard lock(mutex_);
    cuts_ = std::move(cuts);
  }

  /// What came of the connections since the last call. Waits for them: the clients must be gone.
  std::vector<Served> take_served() {
    const int last = loopback::new_socket();
    std::unique_lock lock(mutex_);
    last_ = loopback::port_of(last);
    lock.unlock();
    const sockaddr_in server = loopback::address(port_);
    (void)::connect(last, reinterpret_cast<const sockaddr*>(&server), sizeof server);
    lock.lock();
    settled_.wait_for(lock, std::chrono::seconds(60), [this] { return last_ == 0; });
    ::close(last);
    return std::exchange(served_, {});
  }

  static std::string head(const std::string& body, const std::string& status = "200 OK") {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n";
  }

 private:
  /// Both directions of a connection, with the bytes counted.
  class Wire {
   public:
    Wire(int stream, const Cut& cut) : stream_(stream), cut_(cut) {}
    [[nodiscard]] bool is_over() const { return count(cut_.side) >= cut_.offset; }
    [[nodiscard]] std::size_t sent() const { return sent_; }

    void send(std::string_view bytes) {
      if (is_over()) return;
      if (cut_.side == Cut::Side::to_client) bytes = bytes.substr(0, cut_.offset - sent_);
      if (::send(stream_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) sent_ += bytes.size();
    }
    /// Empty: the end.
    std::string receive() {
      std::size_t most = 65'536;
      if (cut_.side == Cut::Side::from_client && !is_over()) most = std::min(most, cut_.offset - received_);
      std::string bytes(most, '\0');
      const ssize_t got = ::recv(stream_, bytes.data(), bytes.size(), 0);
      bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      received_ += bytes.size();
      return bytes;
    }

   private:
    [[nodiscard]] std::size_t count(Cut::Side side) const {
      return side == Cut::Side::to_client ? sent_ : received_;
    }
    int stream_;
    Cut cut_;
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
  };

  /// One connection: plain, or TLS between two buffers.
  class Talk {
   public:
    Talk(int stream, const Cut& cut, SSL_CTX* tls) : wire_(stream, cut) {
      if (tls == nullptr) return;
      ssl_.reset(SSL_new(tls));
      SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      SSL_set_accept_state(ssl_.get());
    }
    [[nodiscard]] const Wire& wire() const { return wire_; }
    [[nodiscard]] bool handshake_sent() const { return handshake_sent_; }

    /// What was decrypted of the bytes that come next; false: there are no more.
    bool receive(std::string& out) {
      const std::string bytes = wire_.receive();
      if (bytes.empty()) return false;
      if (!ssl_) {
        out += bytes;
        return true;
      }
      BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
      std::array<char, 16'384> part{};
      for (int got = 0; (got = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()))) > 0;)
        out.append(part.data(), static_cast<std::size_t>(got));
      handshake_sent_ = flush() || handshake_sent_;
      return true;
    }
    /// Whether all of it went out.
    bool send(const std::string& bytes) {
      if (ssl_) {
        SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        return flush();
      }
      const std::size_t end = wire_.sent() + bytes.size();
      wire_.send(bytes);
      return wire_.sent() == end;
    }
    void note(Served& served) const {
      if (!ssl_) return;
      served.was_resumed = SSL_session_reused(ssl_.get()) == 1;
      served.had_early_data = SSL_get_early_data_status(ssl_.get()) != SSL_EARLY_DATA_NOT_SENT;
    }
    void end() {
      if (ssl_) SSL_shutdown(ssl_.get());
      if (ssl_) flush();
    }

   private:
    bool flush() {
      std::array<char, 16'384> part{};
      std::size_t end = wire_.sent();
      for (int got = 0;
           (got = BIO_read(SSL_get_wbio(ssl_.get()), part.data(), static_cast<int>(part.size()))) > 0;) {
        end += static_cast<std::size_t>(got);
        wire_.send({part.data(), static_cast<std::size_t>(got)});
      }
      is_lost_ = is_lost_ || wire_.sent() != end;
      return !is_lost_ && end > 0;
    }
    Wire wire_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
    bool handshake_sent_ = false;
    bool is_lost_ = false;  // a part of what TLS says
  };

  void accept() {
    for (;;) {
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const int stream = ::accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
      if (stream < 0) return;
      const int on = 1;
      ::setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::unique_lock lock(mutex_);
      if (ntohs(peer.sin_port) == last_) {
        last_ = 0;
        settled_.notify_all();
      } else {
        Cut cut;
        if (!cuts_.empty()) {
          cut = cuts_.front();
          cuts_.pop_front();
        }
        lock.unlock();
        const Served served = serve(stream, cut);
        lock.lock();
        served_.push_back(served);
      }
      ::close(stream);
    }
  }

  Served serve(int stream, const Cut& cut) const {
    Talk talk(stream, cut, tls_);
    Served served;
    std::string request;
    served.handshake_sent = tls_ == nullptr;
    while (!talk.wire().is_over() && !served.asked && talk.receive(request)) {
      served.handshake_sent = served.handshake_sent || talk.handshake_sent();
      served.asked = loopback::size_of_request(request) > 0;
    }
    if (served.asked && !talk.wire().is_over()) {
      const auto [head, body] = answer_(request);
      served.head_sent = talk.send(head);
      served.answer_sent = served.head_sent && talk.send(body);
    }
    if (served.answer_sent && !talk.wire().is_over()) talk.end();
    served.was_cut = talk.wire().is_over();
    if (served.was_cut && cut.by_reset) {
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(stream, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
      ::shutdown(stream, SHUT_WR);
      // Whoever has the answer may keep the connection for later.
      while (!served.answer_sent && talk.receive(request)) {
      }
    }
    served.request_bytes = request.size();
    talk.note(served);
    return served;
  }

  SSL_CTX* const tls_;
  const Answer answer_;
  int socket_ = -1;
  int port_ = 0;
  std::thread thread_ = {};
  std::mutex mutex_ = {};
  std::condition_variable settled_ = {};
  std::deque<Cut> cuts_ = {};
  std::vector<Served> served_ = {};
  int last_ = 0;  ///< the port of whoever waits for the others
};
