#pragma once

#include "crypto/module.hpp"

#include <oauth_token/client_certificate.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace oauth_token {

/// OpenSSL's objects of a client certificate, for whoever links OpenSSL too.
struct ClientCertificate::Parts {
  KeyObject key = {};
  CertificateObject certificate = {};
  std::vector<CertificateObject> chain = {};  ///< those between, in the order of the file

  std::string subject = {};
  std::chrono::sys_seconds valid_until = {};
  std::string sha256 = {};
  std::vector<std::string> warnings = {};
};

}  // namespace oauth_token
