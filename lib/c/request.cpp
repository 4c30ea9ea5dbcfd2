#include "c/handles.hpp"

#include <algorithm>

using oauth_token::ClientCredentialsGrant;
using oauth_token::ErrorClass;
using oauth_token::ExtensionGrant;
using oauth_token::fail;
using oauth_token::Grant;
using oauth_token::Parameter;
using oauth_token::PasswordGrant;
using oauth_token::RefreshTokenGrant;
using oauth_token::Result;
using oauth_token::Secret;
using oauth_token::c::missing;
using oauth_token::c::new_handle;
using oauth_token::c::status_from;

namespace {

void add_words(std::vector<std::string>& list, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) list.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<Grant> oauth_token_request::take() {
  if (used)
    return fail(ErrorClass::usage, "The request has been used up already.", "Make a new one for each call.");
  used = true;
  std::vector<Parameter> extra = std::move(secret_parameters);
  for (const auto& [name, value] : parameters) extra.push_back({.name = name, .value = Secret(value)});
  if (grant_type == "password")
    return PasswordGrant{.username = username,
                         .password = std::move(password),
                         .scope = scope,
                         .resource = resource,
                         .extra = std::move(extra)};
  if (grant_type == "refresh_token")
    return RefreshTokenGrant{.refresh_token = std::move(refresh_token),
                             .scope = scope,
                             .resource = resource,
                             .extra = std::move(extra)};
  if (grant_type == "client_credentials")
    return ClientCredentialsGrant{.scope = scope, .resource = resource, .extra = std::move(extra)};
  return ExtensionGrant{
      .grant_type = grant_type, .scope = scope, .resource = resource, .extra = std::move(extra)};
}

oauth_token_request* oauth_token_request_new(const char* grant_type) {
  if (grant_type == nullptr) return nullptr;
  auto* const request = new_handle<oauth_token_request>();
  try {
    if (request != nullptr) request->grant_type = grant_type;
  } catch (...) {
    delete request;
    return nullptr;
  }
  return request;
}

int oauth_token_request_add(oauth_token_request* request, const char* name, const char* value,
                            oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (request == nullptr) return missing("request");
    if (name == nullptr) return missing("name");
    if (value == nullptr) return missing("value");
    const std::string_view called = name;
    if (called == "scope") {
      add_words(request->scope, value);
    } else if (called == "resource") {
      request->resource.emplace_back(value);
    } else if (called == "username" && request->grant_type == "password") {
      request->username = value;
    } else if (called == "password" || called == "refresh_token") {
      return fail(ErrorClass::usage, "The parameter \"" + std::string(called) + "\" is a secret.",
                  "Give it to oauth_token_request_add_secret.");
    } else {
      request->parameters.emplace_back(name, value);
    }
    return {};
  });
}

int oauth_token_request_add_secret(oauth_token_request* request, const char* name, const void* secret,
                                   size_t length, oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (request == nullptr) return missing("request");
    if (name == nullptr) return missing("name");
    if (secret == nullptr) return missing("secret");
    const std::string_view called = name;
    Secret value(std::string_view(static_cast<const char*>(secret), length));
    if (called == "password" && request->grant_type == "password")
      request->password = std::move(value);
    else if (called == "refresh_token" && request->grant_type == "refresh_token")
      request->refresh_token = std::move(value);
    else
      request->secret_parameters.push_back({.name = name, .value = std::move(value)});
    return {};
  });
}

void oauth_token_request_free(oauth_token_request* request) { delete request; }
