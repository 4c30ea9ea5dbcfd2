#include <oauth_token/exit_status.hpp>

namespace oauth_token {

int exit_status(ErrorClass error_class) noexcept {
  switch (error_class) {
    case ErrorClass::internal:
      return exit_internal;
    case ErrorClass::usage:
    case ErrorClass::config:
      return exit_usage;
    case ErrorClass::credentials:
      return exit_credentials;
    case ErrorClass::reauthenticate:
      return exit_reauthenticate;
    case ErrorClass::mfa:
    case ErrorClass::password_change:
    case ErrorClass::interaction:
      return exit_interaction;
    case ErrorClass::client_auth:
    case ErrorClass::grant_not_allowed:
    case ErrorClass::scope:
    case ErrorClass::request:
      return exit_refused;
    case ErrorClass::network:
    case ErrorClass::timeout:
    case ErrorClass::rate_limited:
    case ErrorClass::server:
      return exit_outage;
    case ErrorClass::protocol:
      return exit_protocol;
    case ErrorClass::tls:
    case ErrorClass::insecure:
      return exit_tls;
    case ErrorClass::store:
    case ErrorClass::output:
      return exit_output;
    case ErrorClass::interrupted:
      return exit_interrupted;
  }
  return exit_internal;
}

}  // namespace oauth_token
