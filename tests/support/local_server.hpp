#pragma once

#include "loopback.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/// An HTTP server on loopback with a thread for each connection. `answer` gives a whole response for a whole
/// request; nothing: none ever comes.
class LocalServer {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string& request)>;

  explicit LocalServer(Answer answer) : answer_(std::move(answer)) {
    socket_ = loopback::listen(1024);
    port_ = loopback::port_of(socket_);
    thread_ = std::thread([this] { accept(); });
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  ~LocalServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int stream : streams_) ::shutdown(stream, SHUT_RDWR);
    }
    for (std::thread& one : threads_) one.join();
    for (const int stream : streams_) ::close(stream);
    ::close(socket_);
  }

  [[nodiscard]] std::string url(const std::string& path = "/token") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] int requests() const { return requests_; }

  static std::string response(const std::string& body, const std::string& status = "200 OK",
                              const std::string& headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  static std::string token() {
    return response(R"({"access_token":"a","token_type":"Bearer","expires_in":60})");
  }

 private:
  void accept() {
    for (;;) {
      const int stream = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (stream < 0) return;
      const int on = 1;
      ::setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ++connections_;
      const std::lock_guard lock(mutex_);
      streams_.push_back(stream);
      threads_.emplace_back([this, stream] {
        serve(stream);
        ::shutdown(stream, SHUT_RDWR);
      });
    }
  }

  void serve(int stream) {
    std::string bytes;
    for (;;) {
      std::optional<std::string> request;
      while (!(request = take_request(bytes))) {
        std::string part(4096, '\0');
        const ssize_t count = ::recv(stream, part.data(), part.size(), 0);
        if (count <= 0) return;
        bytes.append(part, 0, static_cast<std::size_t>(count));
      }
      ++requests_;
      const auto answer = answer_(*request);
      if (!answer) continue;
      if (::send(stream, answer->data(), answer->size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  static std::optional<std::string> take_request(std::string& bytes) {
    const std::size_t size = loopback::size_of_request(bytes);
    if (size == 0) return std::nullopt;
    std::string request = bytes.substr(0, size);
    bytes.erase(0, size);
    return request;
  }

  const Answer answer_;
  int socket_ = -1;
  int port_ = 0;
  std::thread thread_ = {};
  std::mutex mutex_ = {};
  std::vector<int> streams_ = {};
  std::vector<std::thread> threads_ = {};
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;
};
