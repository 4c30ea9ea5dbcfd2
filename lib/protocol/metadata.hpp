#pragma once

#include <oauth_token/error.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/server_metadata.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// Where the metadata of that issuer may be: OpenID Connect Discovery s4 appends to the path, RFC 8414 s3.1
/// inserts before it.
std::array<std::string, 2> metadata_addresses(const Url& issuer);

/// A request for what stands there; carries no secret.
HttpRequest metadata_request(std::string address);

/// The document, nothing when the answer is none, or an error: an outage, or a document of another issuer.
/// Endpoints are not checked yet.
Result<std::optional<ServerMetadata>> metadata_response(HttpResponse response, std::string_view issuer,
                                                        std::chrono::sys_seconds now);

/// Whether a document of `issuer` may name `endpoint`: https, or plain http on this machine for an issuer
/// that is such an address itself. `what` names the endpoint in the error, of class `insecure`.
Result<void> check_endpoint(const Url& issuer, const Url& endpoint, std::string_view what, bool allow_http);

}  // namespace oauth_token::protocol
