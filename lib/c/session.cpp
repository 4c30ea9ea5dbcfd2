#include "c/handles.hpp"

using oauth_token::DpopRequest;
using oauth_token::ErrorClass;
using oauth_token::fail;
using oauth_token::Result;
using oauth_token::Session;
using oauth_token::SessionFolder;
using oauth_token::SessionRecord;
using oauth_token::TokenSource;
using oauth_token::c::handle_from;
using oauth_token::c::missing;
using oauth_token::c::status_from;
using oauth_token::c::stop_token_of;
using oauth_token::c::takes_unkept;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Result<Session> open_session(const oauth_token_settings& settings, const std::string& name) {
  auto session = Session::open(name, settings.session_options());
  if (!session) return session;
  if (auto checked = session->check_binding({.client = settings.client}); !checked)
    return fail(std::move(checked.error()));
  return session;
}

}  // namespace

Result<Session> oauth_token_session::open() const { return open_session(*settings, record.name); }

oauth_token_session* oauth_token_session_open(const oauth_token_settings* settings, const char* name,
                                              oauth_token_error** error) {
  return handle_from<oauth_token_session>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_session>> {
        if (name == nullptr) return missing("name");
        auto kept = settings == nullptr ? std::make_unique<const oauth_token_settings>()
                                        : std::make_unique<const oauth_token_settings>(settings->copy());
        auto session = open_session(*kept, name);
        if (!session) return fail(std::move(session.error()));
        SessionRecord record = session->record();
        std::string scope = joined(record.scope);
        return std::make_unique<oauth_token_session>(oauth_token_session{
            std::move(record), std::move(scope), std::move(kept), TokenSource(std::move(session))});
      });
}

const char* oauth_token_session_get(const oauth_token_session* session, const char* name) {
  const SessionRecord& record = session->record;
  const std::pair<std::string_view, const std::string&> rows[] = {
      {"name", record.name},
      {"store", record.store},
      {"issuer", record.client.issuer},
      {"token-endpoint", record.client.token_endpoint},
      {"client-id", record.client.client_id},
      {"username", record.username},
      {"scope", session->scope},
      {"grant-type", record.grant_type},
  };
  for (const auto& [known, value] : rows)
    if (name != nullptr && known == name) return value.c_str();
  return nullptr;
}

oauth_token_token* oauth_token_session_token(oauth_token_session* session, int64_t min_valid, unsigned flags,
                                             oauth_token_cancel* cancel, oauth_token_error** error) {
  return handle_from<oauth_token_token>(
      error, [&](auto& unkept) -> Result<std::unique_ptr<oauth_token_token>> {
        if (session == nullptr) return missing("session");
        if ((flags & ~(OAUTH_TOKEN_RENEW_NOW | OAUTH_TOKEN_FORCE)) != 0)
          return fail(ErrorClass::usage, "The argument \"flags\" has a bit that means nothing.");
        oauth_token::TokenSourceOptions options{.renew_now = (flags & OAUTH_TOKEN_RENEW_NOW) != 0,
                                                .force = (flags & OAUTH_TOKEN_FORCE) != 0};
        if (min_valid >= 0) options.min_valid = std::chrono::seconds(min_valid);
        const auto token = session->source.token(options, stop_token_of(cancel));
        if (token) return std::make_unique<oauth_token_token>(*token);
        if (takes_unkept(error, token.error())) unkept = session->source.take_unkept_token();
        return fail(token.error());
      });
}

oauth_token_token* oauth_token_session_authorize(oauth_token_session* session, const char* method,
                                                 const char* url, const char* nonce,
                                                 oauth_token_cancel* cancel, oauth_token_error** error) {
  return handle_from<oauth_token_token>(
      error, [&](auto& unkept) -> Result<std::unique_ptr<oauth_token_token>> {
        if (session == nullptr) return missing("session");
        if (method == nullptr) return missing("method");
        if (url == nullptr) return missing("url");
        DpopRequest request{.method = method, .url = url, .nonce = nonce == nullptr ? "" : nonce};
        const auto given = session->source.authorize(std::move(request), {}, stop_token_of(cancel));
        if (given) return std::make_unique<oauth_token_token>(given->token, given->proof.expose());
        if (takes_unkept(error, given.error())) unkept = session->source.take_unkept_token();
        return fail(given.error());
      });
}

oauth_token_secret* oauth_token_session_introspect(oauth_token_session* session, oauth_token_cancel* cancel,
                                                   oauth_token_error** error) {
  return handle_from<oauth_token_secret>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_secret>> {
        if (session == nullptr) return missing("session");
        auto opened = session->open();
        if (!opened) return fail(std::move(opened.error()));
        const auto answer = opened->introspect(stop_token_of(cancel));
        if (!answer) return fail(answer.error());
        return std::make_unique<oauth_token_secret>(
            oauth_token_secret{oauth_token::c::SecretText(answer->expose())});
      });
}

int oauth_token_session_revoke(oauth_token_session* session, oauth_token_cancel* cancel,
                               oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (session == nullptr) return missing("session");
    return session->source.revoke(stop_token_of(cancel));
  });
}

int oauth_token_session_forget(oauth_token_session* session, oauth_token_cancel* cancel,
                               oauth_token_error** error) {
  return status_from(error, [&]() -> Result<void> {
    if (session == nullptr) return missing("session");
    auto opened = session->open();
    if (!opened) return fail(std::move(opened.error()));
    return opened->forget(stop_token_of(cancel));
  });
}

void oauth_token_session_free(oauth_token_session* session) { delete session; }

oauth_token_names* oauth_token_session_list(const oauth_token_settings* settings, oauth_token_error** error) {
  return handle_from<oauth_token_names>(
      error, [&](auto& /*unkept*/) -> Result<std::unique_ptr<oauth_token_names>> {
        const auto folder = SessionFolder::find(settings == nullptr ? std::string() : settings->state_folder);
        if (!folder) return fail(folder.error());
        auto names = std::make_unique<oauth_token_names>();
        if (!*folder) return names;
        auto records = (*folder)->list();
        if (!records) return fail(std::move(records.error()));
        for (SessionRecord& record : *records) names->names.push_back(std::move(record.name));
        return names;
      });
}

const char* oauth_token_names_at(const oauth_token_names* names, size_t index) {
  return index < names->names.size() ? names->names[index].c_str() : nullptr;
}

void oauth_token_names_free(oauth_token_names* names) { delete names; }
