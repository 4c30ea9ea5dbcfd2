#include "protocol/answer.hpp"

#include "base/characters.hpp"
#include "base/wiped_headers.hpp"
#include "protocol/error_code.hpp"
#include "protocol/form.hpp"
#include "protocol/request_headers.hpp"
#include "protocol/retry_after.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace oauth_token::protocol {
namespace {

// RFC 9110 s8.4.1 and the registry beside it.
constexpr std::string_view codings = "gzip x-gzip deflate compress x-compress br zstd";

constexpr std::array<std::string_view, 3> issued_members{"access_token", "refresh_token", "id_token"};
// The search for a token that a hostile server made long would take long; without so much of its start, no
// token is of use.
constexpr std::size_t longest_issued = 4096;

bool is_json_type(std::string_view type) {
  constexpr std::string_view suffix = "+json";
  if (type == "application/json") return true;
  return type.size() > suffix.size() && type.substr(type.size() - suffix.size()) == suffix &&
         type.find('/') != std::string_view::npos;
}

char first_character(std::string_view body) {
  if (body.substr(0, 3) == "\xef\xbb\xbf") body.remove_prefix(3);
  const auto first = body.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? '\0' : body[first];
}

// A form as a JSON object, so that it is read like one; nothing when it cannot be a form. Servers end it with
// a line's end.
std::optional<Secret> form_as_json(std::string_view body) {
  body = body.substr(0, body.find_last_not_of(" \t\r\n") + 1);
  json::Writer object;
  object.begin_object();
  // CAS names the lifetime so.
  const bool has_old_lifetime = body.find("expires_in=") == std::string_view::npos;
  for (std::string_view rest = body; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    SecretBuffer name;
    SecretBuffer value;
    if (equals == std::string_view::npos || !append_form_decoded(name, pair.substr(0, equals)) ||
        !append_form_decoded(value, pair.substr(equals + 1)))
      return std::nullopt;
    const bool is_lifetime = has_old_lifetime && name.expose() == "expires";
    object.member(is_lifetime ? "expires_in" : name.expose(), value.expose());
  }
  object.end_object();
  return object.take();
}

void refuse(Answer& answer, std::string problem, std::string reason) {
  answer.problem = std::move(problem);
  answer.reason = std::move(reason);
}

// nginx takes every certificate in the handshake and says by such a page what it thinks of it.
void refuse_page(Answer& answer, std::string_view page) {
  const auto says = [&](std::string_view title) {
    return page.find("<title>" + std::to_string(answer.status) + " " + std::string(title)) !=
           std::string_view::npos;
  };
  if (says("No required SSL certificate was sent"))
    refuse(answer, "The server demands a client certificate, and none was given.", "client-certificate");
  else if (says("The SSL certificate error"))
    refuse(answer,
           "The server refused the client certificate: it may have expired or be revoked, or the server "
           "does not know who issued it.",
           "client-certificate");
  else
    refuse(answer, "The answer is a web page.", "html");
}

bool is_xml_type(std::string_view type) {
  return type.ends_with("/xml") || (type.ends_with("+xml") && type != "application/xhtml+xml");
}

bool looks_like_an_answer(char first, std::string_view body) {
  return first == '{' || body.find("access_token=") != std::string_view::npos || body.starts_with("error=");
}

Secret challenge_of(const HttpResponse& response) {
  SecretBuffer all;
  for (const HttpHeader& field : response.headers)
    if (equal_ignoring_case(field.name, "WWW-Authenticate"))
      all.append(all.empty() ? "" : ", ").append(field.value);
  return all.take();
}

// Nobody asked for it, and nothing here unpacks it: a small answer could become a huge one.
bool is_compressed(const HttpResponse& response) {
  return has_word(codings, media_type(response.header("Content-Encoding").value_or("")));
}

void parse(Answer& answer, Secret body, bool lenient) {
  auto document = json::parse(std::move(body), {.lone_surrogates = lenient});
  if (!document)
    refuse(answer, "The JSON of the answer " + std::string(document.error().what) + ".", "json");
  else if (!document->root().is_object())
    refuse(answer, "The JSON of the answer is not an object.", "json");
  if (document) answer.document = std::move(*document);
}

}  // namespace

RequestKind kind_of(const Grant& grant) {
  const std::string_view type = grant_type(grant);
  if (type == "password") return RequestKind::password;
  if (type == "refresh_token") return RequestKind::refresh;
  if (type == "client_credentials") return RequestKind::client_credentials;
  const auto* const extension = std::get_if<ExtensionGrant>(&grant);
  const bool carries_password =
      extension != nullptr && std::any_of(extension->extra.begin(), extension->extra.end(),
                                          [](const Parameter& extra) { return extra.name == "password"; });
  return carries_password ? RequestKind::password : RequestKind::extension;
}

Answer read_answer(HttpResponse response, const AnswerContext& context) {
  Answer answer{.status = response.status};
  if (const auto value = response.header("Retry-After"))
    answer.retry_after = retry_after(*value, context.now);
  answer.location = Secret(response.header("Location").value_or(""));
  if (answer.status == 401) answer.challenge = challenge_of(response);
  const auto content_type = response.header("Content-Type");
  std::string type = media_type(content_type.value_or(""));
  const char first = first_character(response.body.expose());
  answer.is_page = first == '<';
  if (first == '\0') {
    refuse(answer, "The answer is empty.", "empty");
  } else if (first != '{' && is_compressed(response)) {
    refuse(answer, "The answer is compressed, which nobody asked for.", "compressed");
  } else if (is_json_type(type) || (context.lenient && first == '{')) {
    parse(answer, std::move(response.body), context.lenient);
  } else if (answer.is_page && !is_xml_type(type)) {
    refuse_page(answer, response.body.expose());
  } else {
    refuse(answer,
           type.empty() ? "The answer has no Content-Type." : "The Content-Type of the answer is not JSON.",
           "content-type");
    answer.needs_lenience = !context.lenient && context.kind != RequestKind::query &&
                            looks_like_an_answer(first, response.body.expose());
    if (context.lenient)
      if (auto object = form_as_json(response.body.expose())) {
        refuse(answer, {}, {});
        parse(answer, std::move(*object), true);
      }
  }
  ::explicit_bzero(type.data(), type.size());
  wipe(response.headers);
  return answer;
}

void add_issued(Masker& masker, const json::Value& answer) {
  for (const json::Value member : answer) {
    const bool is_issued =
        std::find(issued_members.begin(), issued_members.end(), member.name()) != issued_members.end();
    if (const auto text = member.text(); text && is_issued) masker.add(text->substr(0, longest_issued));
  }
}

Masker masker_of(const json::Value& answer, const AnswerContext& context) {
  Masker masker = context.masker();
  add_issued(masker, answer);
  return masker;
}

void judge(RequestKind kind, Error& error) {
  const bool is_outage = error.error_class == ErrorClass::network ||
                         error.error_class == ErrorClass::timeout ||
                         error.error_class == ErrorClass::interrupted;
  const bool spends_nothing = kind == RequestKind::client_credentials || kind == RequestKind::query;
  error.retry_safe = is_outage && (error.sent == Sent::no || spends_nothing);
  if (is_outage && kind == RequestKind::password && error.sent != Sent::no)
    error.message += " The password may have arrived and counts as an attempt then.";
}

}  // namespace oauth_token::protocol
