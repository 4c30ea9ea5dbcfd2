#pragma once

namespace oauth_token::cli {

/// libcurl as distributions build it brings GnuTLS along, for LDAP and RTMP, which this program never speaks;
/// and GnuTLS makes itself ready whenever it is loaded: 0.77 M of the 15.8 M instructions, and 5 % of the
/// time, of one request over http. From here on it waits until it is needed, that is, until the keyring is
/// opened, whose library may use it. Where there is no GnuTLS, nothing changes. No child process is told.
void keep_gnutls_waiting() noexcept;

}  // namespace oauth_token::cli
