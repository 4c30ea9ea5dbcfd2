#include "c/handles.hpp"

#include <future>
#include <memory>
#include <stop_token>
#include <utility>

using oauth_token::AsyncCalls;
using oauth_token::fail;
using oauth_token::Grant;
using oauth_token::Result;
using oauth_token::SignIn;
using oauth_token::Token;
using oauth_token::c::handle_from;
using oauth_token::c::missing;
using oauth_token::c::stop_token_of;
using oauth_token::c::takes_unkept;

namespace {

// Blocks, but not for a store that takes its time with the tokens of a caller who cancelled.
Result<Token> request_behind(oauth_token_sign_in& sign_in, Grant wanted, std::stop_token stop) {
  std::promise<Result<Token>> promise;
  sign_in.calls.start<Token>(
      [&sign_in, grant = std::make_shared<Grant>(std::move(wanted))](std::stop_token ending) {
        return sign_in.sign_in.request(std::move(*grant), std::move(ending));
      },
      std::move(stop), [&promise](Result<Token> token) { promise.set_value(std::move(token)); },
      AsyncCalls::Patience::may_be_left_behind);
  return promise.get_future().get();
}

}  // namespace

oauth_token_sign_in* oauth_token_sign_in_prepare(const oauth_token_settings* settings, const char* name,
                                                 const oauth_token_request* request, int replace,
                                                 oauth_token_cancel* cancel, oauth_token_error** error) {
  return handle_from<oauth_token_sign_in>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_sign_in>> {
        if (settings == nullptr) return missing("settings");
        if (name == nullptr) return missing("name");
        if (request == nullptr) return missing("request");
        oauth_token::SessionRecord wanted = settings->session;
        wanted.name = name;
        wanted.client = settings->client;
        wanted.grant_type = request->grant_type;
        wanted.username = request->username;
        wanted.scope = request->scope;
        wanted.resource = request->resource;
        wanted.parameters = request->parameters;
        auto prepared = SignIn::prepare(std::move(wanted), replace != 0, settings->session_options(),
                                        stop_token_of(cancel));
        if (!prepared) return fail(std::move(prepared.error()));
        return std::make_unique<oauth_token_sign_in>(std::move(*prepared));
      });
}

oauth_token_token* oauth_token_sign_in_request(oauth_token_sign_in* sign_in, oauth_token_request* request,
                                               oauth_token_cancel* cancel, oauth_token_error** error) {
  return handle_from<oauth_token_token>(
      error, [&](auto& unkept) -> Result<std::unique_ptr<oauth_token_token>> {
        if (sign_in == nullptr) return missing("sign_in");
        if (request == nullptr) return missing("request");
        auto grant = request->take();
        if (!grant) return fail(std::move(grant.error()));
        const auto token = request_behind(*sign_in, std::move(*grant), stop_token_of(cancel));
        if (token) return std::make_unique<oauth_token_token>(*token);
        if (takes_unkept(error, token.error())) unkept = sign_in->sign_in.take_unkept_token();
        return fail(token.error());
      });
}

void oauth_token_sign_in_free(oauth_token_sign_in* sign_in) { delete sign_in; }
