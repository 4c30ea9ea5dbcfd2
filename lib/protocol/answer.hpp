#pragma once

#include "protocol/masking.hpp"

#include <oauth_token/error.hpp>
#include <oauth_token/grant.hpp>
#include <oauth_token/http.hpp>
#include <oauth_token/json.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace oauth_token::protocol {

/// What was asked decides what a refusal means.
enum class RequestKind {
  password,  ///< any grant that carries a password
  refresh,
  client_credentials,
  extension,
  query,  ///< introspection and revocation
};

RequestKind kind_of(const Grant& grant);

/// The circumstances of an answer.
struct AnswerContext {
  RequestKind kind = RequestKind::query;
  std::chrono::sys_seconds now = {};
  bool lenient = false;
  /// Where servers read this client's HTTP Basic header in two ways: the encoding that it was not written in,
  /// "form" or "raw".
  std::string_view other_basic_encoding = {};
  bool by_certificate = false;          ///< the client proves itself by one
  bool by_nothing = false;              ///< it does not prove itself
  std::string grant_type = {};          ///< of a token request
  std::string_view url = {};            ///< where the request went
  std::function<Masker()> masker = {};  ///< of the request's secrets
};

/// An answer whose body was read as far as it can be.
struct Answer {
  int status = 0;
  std::optional<json::Document> document = {};  ///< of a JSON body
  std::string problem = {};                     ///< why there is none: a sentence
  std::string reason = {};                      ///< the same as Error::reason
  std::optional<std::chrono::seconds> retry_after = {};
  Secret location = {};         ///< of a redirect, as it came
  Secret challenge = {};        ///< all of a 401's WWW-Authenticate, as it came
  bool needs_lenience = false;  ///< it was refused for its type alone
  bool is_page = false;         ///< its body begins as HTML and XML do

  [[nodiscard]] bool succeeded() const { return status >= 200 && status < 300; }
  [[nodiscard]] json::Value root() const { return document ? document->root() : json::Value(); }
};

/// JSON is what calls itself JSON; with `lenient` also what looks like it, or like a form.
Answer read_answer(HttpResponse response, const AnswerContext& context);

/// What a server issued in an answer, it may also repeat there.
void add_issued(Masker& masker, const json::Value& answer);

/// Of the request's secrets, and of what the answer itself issued.
Masker masker_of(const json::Value& answer, const AnswerContext& context);

/// A redirect, a proxy's refusal, or an OAuth error, whatever the status; nothing for all else.
std::optional<Error> refusal(const Answer& answer, const AnswerContext& context);

/// For an answer that is neither a refusal nor a success. `problem` and `reason` replace the answer's own
/// where it had none.
Error no_oauth_answer(const Answer& answer, const AnswerContext& context, std::string problem = {},
                      std::string reason = {});

/// After the transport failed: whether the request may be sent again, and what may have come of it.
void judge(RequestKind kind, Error& error);

}  // namespace oauth_token::protocol
