#pragma once

#include "doctor/checklist.hpp"

#include <oauth_token/client_settings.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/server_metadata.hpp>
#include <oauth_token/session.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oauth_token::cli {

/// A certificate that ends sooner is worth a warning.
inline constexpr std::chrono::days least_days{14};

/// The configuration file and each profile in it.
void check_configuration(Examination& run);

/// Whether pages for secrets can be kept out of the swap space.
void check_memory(Examination& run);

/// Whether the kernel can shut in a run.
void check_sandbox(Examination& run);

/// The state folder; returns the records of the sessions that can be read.
std::vector<SessionRecord> check_state(Examination& run);
/// "NFS" or the like for a file system type of statfs(2) that is another machine's; empty for all others.
std::string_view network_file_system(unsigned long type) noexcept;

/// The keyring and the sealed files, as far as they are in use, and the tokens of each session in them. Never
/// asks a person.
void check_stores(Examination& run, const std::vector<SessionRecord>& sessions);

/// Names, connection, TLS, clock, metadata: whatever can be seen of the server without a secret and without a
/// token request; then what the metadata say of the grants and of the client's authentication.
void check_server(Examination& run);

/// How `client` reaches its server: with its certificate, as far as that is good. Never asks for a
/// passphrase.
Result<TransportOptions> read_tls_cert(Examination& run, ClientSettings client, ClientRunOptions& options);
/// Whether the server that token requests go to wants to see it, and takes it.
void check_tls_cert_at(Examination& run, const TransportOptions& options, const std::string& origin,
                       bool is_asked);

/// What the metadata say of grants.
void check_grants(Examination& run, const ServerMetadata& metadata);
/// Whether the client's authentication is complete and, as far as there are metadata, accepted.
void check_client(Examination& run, const ClientSettings& client, bool secret_at_hand,
                  const std::optional<ServerMetadata>& metadata);

}  // namespace oauth_token::cli
