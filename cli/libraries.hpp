#pragma once

namespace oauth_token::cli {

/// How the libraries beneath libcurl are opened from here on, for libcurl as distributions build it:
///
/// - It brings GnuTLS along, for LDAP and RTMP, which this program never speaks; and GnuTLS makes itself
///   ready whenever it is loaded: 0.77 M of the 15.8 M instructions, and 5 % of the time, of one request over
///   http. So it waits until it is needed, that is, until the keyring is opened, whose library may use it. No
///   child process is told.
/// - A library is bound among all those that are opened with it, for libcurl thirty; by itself, among its own
///   few. Those that have most to bind are opened first: 2.1 M of the 15.0 M instructions. The build has
///   asked libcurl which of them it brings (CMakeLists.txt).
///
/// Where one of them is missing, nothing changes.
void open_libraries_well() noexcept;

}  // namespace oauth_token::cli
