#include "c/handles.hpp"

oauth_token_token::oauth_token_token(const oauth_token::Token& token, std::string_view proof)
    : access_token(token.access_token.expose()),
      refresh_token(token.refresh_token.expose()),
      id_token(token.id_token.expose()),
      extra(token.extra.expose()),
      dpop_proof(proof),
      token_type(token.token_type),
      scope(token.scope),
      expires_at(token.expires_at ? token.expires_at->time_since_epoch().count() : -1),
      warnings(token.warnings) {}

const char* oauth_token_token_access_token(const oauth_token_token* token, size_t* length) {
  return token->access_token.data(length);
}

const char* oauth_token_token_refresh_token(const oauth_token_token* token, size_t* length) {
  return token->refresh_token.data(length);
}

const char* oauth_token_token_id_token(const oauth_token_token* token, size_t* length) {
  return token->id_token.data(length);
}

const char* oauth_token_token_extra(const oauth_token_token* token, size_t* length) {
  return token->extra.data(length);
}

const char* oauth_token_token_dpop_proof(const oauth_token_token* token, size_t* length) {
  return token->dpop_proof.data(length);
}

const char* oauth_token_token_type(const oauth_token_token* token) { return token->token_type.c_str(); }
const char* oauth_token_token_scope(const oauth_token_token* token) { return token->scope.c_str(); }
int64_t oauth_token_token_expires_at(const oauth_token_token* token) { return token->expires_at; }

const char* oauth_token_token_warning(const oauth_token_token* token, size_t index) {
  return index < token->warnings.size() ? token->warnings[index].c_str() : nullptr;
}

void oauth_token_token_free(oauth_token_token* token) { delete token; }

const char* oauth_token_secret_text(const oauth_token_secret* secret, size_t* length) {
  return secret->text.data(length);
}

void oauth_token_secret_free(oauth_token_secret* secret) { delete secret; }
