#include "c/handles.hpp"

using oauth_token::fail;
using oauth_token::make_client;
using oauth_token::Result;
using oauth_token::Secret;
using oauth_token::c::handle_from;
using oauth_token::c::missing;
using oauth_token::c::status_from;
using oauth_token::c::stop_token_of;

namespace {

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

Secret copied(const void* secret, size_t length) {
  return Secret(std::string_view(static_cast<const char*>(secret), length));
}

}  // namespace

oauth_token_client* oauth_token_client_new(const oauth_token_settings* settings, oauth_token_cancel* cancel,
                                           oauth_token_error** error) {
  return handle_from<oauth_token_client>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_client>> {
        if (settings == nullptr) return missing("settings");
        oauth_token::ClientSettings completed = settings->client;
        auto options = settings->run_options();
        options.all_endpoints = !completed.issuer.empty();
        auto client = make_client(completed, std::move(options), stop_token_of(cancel));
        if (!client) return fail(std::move(client.error()));
        return std::make_unique<oauth_token_client>(oauth_token_client{std::move(*client)});
      });
}

oauth_token_token* oauth_token_client_request(oauth_token_client* client, oauth_token_request* request,
                                              oauth_token_cancel* cancel, oauth_token_error** error) {
  return handle_from<oauth_token_token>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_token>> {
        if (client == nullptr) return missing("client");
        if (request == nullptr) return missing("request");
        auto grant = request->take();
        if (!grant) return fail(std::move(grant.error()));
        const auto token = client->client.request(std::move(*grant), stop_token_of(cancel));
        if (!token) return fail(token.error());
        return std::make_unique<oauth_token_token>(*token);
      });
}

int oauth_token_client_revoke(oauth_token_client* client, const void* token, size_t length, const char* hint,
                              oauth_token_cancel* cancel, oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (client == nullptr) return missing("client");
    if (token == nullptr) return missing("token");
    return client->client.revoke(copied(token, length), text_or_empty(hint), stop_token_of(cancel));
  });
}

oauth_token_secret* oauth_token_client_introspect(oauth_token_client* client, const void* token,
                                                  size_t length, const char* hint, oauth_token_cancel* cancel,
                                                  oauth_token_error** error) {
  return handle_from<oauth_token_secret>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_secret>> {
        if (client == nullptr) return missing("client");
        if (token == nullptr) return missing("token");
        const auto answer =
            client->client.introspect(copied(token, length), text_or_empty(hint), stop_token_of(cancel));
        if (!answer) return fail(answer.error());
        return std::make_unique<oauth_token_secret>(
            oauth_token_secret{oauth_token::c::SecretText(answer->expose())});
      });
}

void oauth_token_client_free(oauth_token_client* client) { delete client; }
