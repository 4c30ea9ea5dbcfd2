#pragma once

#include "crypto/module.hpp"

namespace oauth_token {

// See CryptoModule.
Result<CertificateObject> certificate_from_der(std::string_view der, const std::string& source);
Result<CertificateFacts> facts_of_certificate(const CertificateObject& certificate);
bool belong(const CertificateObject& certificate, const KeyObject& key);

}  // namespace oauth_token
