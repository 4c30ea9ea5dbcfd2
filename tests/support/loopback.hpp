#pragma once

// What every server on loopback needs, whatever it says.

#include <cstddef>
#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace loopback {

/// Port 0: the system chooses one.
inline sockaddr_in address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A socket of 127.0.0.1 on a port of its own.
inline int new_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in own = address(0);
  (void)::bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own);
  return descriptor;
}

/// The same, for clients; `backlog` of them wait at most.
inline int listen(int backlog) {
  const int descriptor = new_socket();
  (void)::listen(descriptor, backlog);
  return descriptor;
}

inline int port_of(int descriptor) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  (void)::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size);
  return ntohs(own.sin_port);
}

/// Of the request that `bytes` begin with; 0: it is not whole.
inline std::size_t size_of_request(const std::string& bytes) {
  const auto head = bytes.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  const auto length = bytes.find("Content-Length: ");
  const std::size_t size = head + 4 + (length < head ? std::stoul(bytes.substr(length + 16)) : 0);
  return bytes.size() < size ? 0 : size;
}

}  // namespace loopback
