#ifndef OAUTH_TOKEN_OAUTH_TOKEN_H
#define OAUTH_TOKEN_OAUTH_TOKEN_H

/// \file
/// The C API, in C99, for programs in C and for other languages: liboauth_token_c.so.0. Its binary interface
/// is stable: functions are added, none is changed or taken away.
///
/// Handles: whoever gets one frees it by its own function, which takes NULL too, as those with an `error` do,
/// for an error of class "usage"; all others need a handle. A handle says below whether threads may share it;
/// one that is used by a call must not be freed before the call has returned.
///
/// Errors: a function that can fail returns NULL or -1 then, and sets `*error`, unless `error` is NULL, to a
/// handle that the caller frees; on success it leaves `*error` alone. Where there is no memory, `*error` may
/// be NULL too. Nothing throws, and nothing ends the process but pthread_cancel of a thread that is in one of
/// these functions: use an oauth_token_cancel.
///
/// Texts: UTF-8 with a NUL at the end, in a handle, and valid as long as that lives. None is NULL unless that
/// is said; what is absent is empty. `length`, where a function takes a pointer to one, may be NULL, and gets
/// the length in bytes without the final NUL.
///
/// Secrets are given as pointer and length and copied into memory that is kept out of swap where the system
/// allows it, out of core dumps and forked children, and is overwritten when its handle is freed, if not
/// before. The caller wipes its own copy.
///
/// A child of fork that calls no exec must not use handles of its parent. No signal handler, locale or other
/// state of the process is changed.

#include <stddef.h>
#include <stdint.h>

/// What is part of the binary interface.
#if defined(__GNUC__)
#define OAUTH_TOKEN_API __attribute__((visibility("default")))
#else
#define OAUTH_TOKEN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Server, client, store, and how to reach them. For one thread at a time while it is changed.
typedef struct oauth_token_settings oauth_token_settings;
/// One token request: a grant with its parameters. For one thread at a time.
typedef struct oauth_token_request oauth_token_request;
/// Sends requests to one server. Any number of threads may use it at once.
typedef struct oauth_token_client oauth_token_client;
/// What the server granted. Never changes.
typedef struct oauth_token_token oauth_token_token;
/// A sign-in that is prepared: its tokens will be kept. For one thread at a time.
typedef struct oauth_token_sign_in oauth_token_sign_in;
/// A session whose tokens are kept. Any number of threads may use it at once.
typedef struct oauth_token_session oauth_token_session;
/// Names in alphabetical order. Never changes.
typedef struct oauth_token_names oauth_token_names;
/// A text that is wiped when it is freed. Never changes.
typedef struct oauth_token_secret oauth_token_secret;
/// What went wrong. Never changes, but by oauth_token_error_take_token.
typedef struct oauth_token_error oauth_token_error;
/// Ends calls that block. Any number of threads may use it at once.
typedef struct oauth_token_cancel oauth_token_cancel;

/// "0.1.0"; belongs to the library.
OAUTH_TOKEN_API const char *oauth_token_version(void);

/* --- cancelling ----------------------------------------------------------------------------------------- */

/// For any number of calls, which take NULL where they cannot be cancelled. NULL: no memory.
OAUTH_TOKEN_API oauth_token_cancel *oauth_token_cancel_new(void);
/// From any thread, not from a signal handler: calls that were given this handle, and those that will be, end
/// within 100 ms with class "interrupted". It cannot be taken back.
OAUTH_TOKEN_API void oauth_token_cancel_now(oauth_token_cancel *cancel);
/// Calls that were given it have returned before.
OAUTH_TOKEN_API void oauth_token_cancel_free(oauth_token_cancel *cancel);

/* --- settings ------------------------------------------------------------------------------------------- */

/// Empty. NULL: no memory.
OAUTH_TOKEN_API oauth_token_settings *oauth_token_settings_new(void);

/// Names and values are those of the program's configuration file, oauth-token-profile(5); a setting that is
/// set again is replaced, but "header", of which there are many. Flags are "true" or "false", times are whole
/// seconds.
///
/// Server: issuer, token-endpoint, introspection-endpoint, revocation-endpoint.
/// Client: client-id, client-auth (IANA's name of the method), basic-encoding (form, raw),
///   client-secret-file, client-secret-command, client-secret-in-keyring (flag), client-assertion-file,
///   client-assertion-command; signing-key, signing-key-id, signing-alg, signing-key-passphrase-file,
///   signing-key-passphrase-command, assertion-audience, assertion-lifetime, assertion-type, assertion-nbf
///   (flag); tls-cert, tls-key, tls-key-passphrase-file, tls-key-passphrase-command; dpop (required,
///   optional), dpop-key.
/// Network: cacert, proxy, header ("Name: value"), timeout (30), connect-timeout (10), lenient, insecure-tls,
///   allow-http (flags).
/// Sessions: store (keyring, file, file:FOLDER), store-key-file, store-timeout (5), state-folder,
///   keyring-prompt (flag: the keyring may show its dialogs), kernel-cache (flag: the Linux kernel's keyring
///   has valid access tokens, too), refresh-timeout (60).
///
/// Class "usage" for another name or a value that cannot be one. Does not block.
OAUTH_TOKEN_API int oauth_token_settings_set(oauth_token_settings *settings, const char *name,
                                             const char *value, oauth_token_error **error);
/// client-secret, signing-key-passphrase, tls-key-passphrase, store-key: the value itself, used in this
/// process and kept nowhere. Class "usage" for another name.
OAUTH_TOKEN_API int oauth_token_settings_set_secret(oauth_token_settings *settings, const char *name,
                                                    const void *secret, size_t length,
                                                    oauth_token_error **error);
/// Wipes the secrets in it.
OAUTH_TOKEN_API void oauth_token_settings_free(oauth_token_settings *settings);

/* --- token requests ------------------------------------------------------------------------------------- */

/// `grant_type` as RFC 6749 has it: "password", "refresh_token", "client_credentials", or the name of an
/// extension grant. NULL: no memory, or `grant_type` is NULL.
OAUTH_TOKEN_API oauth_token_request *oauth_token_request_new(const char *grant_type);
/// A parameter by its name in the request: "username", "scope" (separated by spaces), "resource" (may
/// repeat), or any other of the server's. What stands here is remembered by a session and goes out with
/// renewals, too.
OAUTH_TOKEN_API int oauth_token_request_add(oauth_token_request *request, const char *name, const char *value,
                                            oauth_token_error **error);
/// The same for what must not be remembered: "password", "refresh_token", "assertion", a one-time code.
OAUTH_TOKEN_API int oauth_token_request_add_secret(oauth_token_request *request, const char *name,
                                                   const void *secret, size_t length,
                                                   oauth_token_error **error);
/// Wipes the secrets in it.
OAUTH_TOKEN_API void oauth_token_request_free(oauth_token_request *request);

/* --- a client: tokens that the caller keeps ------------------------------------------------------------- */

/// Completes endpoints by discovery and reads the client's secret and keys; `settings` is not needed
/// afterwards. Blocks for at most the timeout.
OAUTH_TOKEN_API oauth_token_client *oauth_token_client_new(const oauth_token_settings *settings,
                                                           oauth_token_cancel *cancel,
                                                           oauth_token_error **error);
/// Sends one request and repeats nothing. `request` is used up: its secrets are wiped before this returns,
/// and another use is an error. Blocks for at most the timeout.
OAUTH_TOKEN_API oauth_token_token *oauth_token_client_request(oauth_token_client *client,
                                                              oauth_token_request *request,
                                                              oauth_token_cancel *cancel,
                                                              oauth_token_error **error);
/// RFC 7009. `hint`: "refresh_token", "access_token" or NULL. Blocks for at most the timeout.
OAUTH_TOKEN_API int oauth_token_client_revoke(oauth_token_client *client, const void *token, size_t length,
                                              const char *hint, oauth_token_cancel *cancel,
                                              oauth_token_error **error);
/// RFC 7662: the server's answer, a JSON object in which "active" is a boolean. `hint` as above. Blocks for
/// at most the timeout.
OAUTH_TOKEN_API oauth_token_secret *oauth_token_client_introspect(oauth_token_client *client,
                                                                  const void *token, size_t length,
                                                                  const char *hint,
                                                                  oauth_token_cancel *cancel,
                                                                  oauth_token_error **error);
/// Closes its connections.
OAUTH_TOKEN_API void oauth_token_client_free(oauth_token_client *client);

/* --- tokens --------------------------------------------------------------------------------------------- */

/// The token itself.
OAUTH_TOKEN_API const char *oauth_token_token_access_token(const oauth_token_token *token, size_t *length);
/// Empty: the server sent none, or the token of a session comes out of the kernel's keyring, which has it
/// not. A session keeps and spends it itself.
OAUTH_TOKEN_API const char *oauth_token_token_refresh_token(const oauth_token_token *token, size_t *length);
/// As sent, not verified.
OAUTH_TOKEN_API const char *oauth_token_token_id_token(const oauth_token_token *token, size_t *length);
/// Every other member of the answer, as one JSON object; empty: there is none.
OAUTH_TOKEN_API const char *oauth_token_token_extra(const oauth_token_token *token, size_t *length);
/// The value of the request's DPoP header; empty unless it comes from oauth_token_session_authorize.
OAUTH_TOKEN_API const char *oauth_token_token_dpop_proof(const oauth_token_token *token, size_t *length);
/// "Bearer", "DPoP", or as the server wrote it.
OAUTH_TOKEN_API const char *oauth_token_token_type(const oauth_token_token *token);
/// As granted, separated by spaces.
OAUTH_TOKEN_API const char *oauth_token_token_scope(const oauth_token_token *token);
/// Seconds since 1970-01-01 UTC; -1: not known.
OAUTH_TOKEN_API int64_t oauth_token_token_expires_at(const oauth_token_token *token);
/// Sentences, safe to print. `index` counts from 0; NULL beyond the last.
OAUTH_TOKEN_API const char *oauth_token_token_warning(const oauth_token_token *token, size_t index);
/// Wipes it.
OAUTH_TOKEN_API void oauth_token_token_free(oauth_token_token *token);

/* --- sessions: tokens that are kept and renewed --------------------------------------------------------- */

/// Checks what can fail before a person is asked for a password: the settings, the server's metadata, the
/// store. `name`: letters, digits and . _ @ + -. `request` has what is known already (grant type, user name,
/// scope, resource, parameters) and is left as it is. With `replace` 0, a session of that name for something
/// else is class "usage". Blocks.
OAUTH_TOKEN_API oauth_token_sign_in *oauth_token_sign_in_prepare(const oauth_token_settings *settings,
                                                                 const char *name,
                                                                 const oauth_token_request *request,
                                                                 int replace, oauth_token_cancel *cancel,
                                                                 oauth_token_error **error);
/// Sends the request once, as oauth_token_client_request, and keeps the tokens. After class "credentials" it
/// may be called again with another request. A token that was issued but could not be kept is in the error.
/// Blocks for the request and the store. Where it is cancelled while the store takes the tokens, the reason
/// of the error is "goes-on": they are kept behind it.
OAUTH_TOKEN_API oauth_token_token *oauth_token_sign_in_request(oauth_token_sign_in *sign_in,
                                                               oauth_token_request *request,
                                                               oauth_token_cancel *cancel,
                                                               oauth_token_error **error);
/// Wipes the secrets in it; waits for what goes on behind a cancelled request.
OAUTH_TOKEN_API void oauth_token_sign_in_free(oauth_token_sign_in *sign_in);

/// Reads the public half only: neither network nor store. `settings` (NULL: the defaults) say where sessions
/// are, the times, and secrets that are kept nowhere; where they name a server or a client, the session must
/// be of that one. They are not needed afterwards. Class "reauthenticate": there is no such session.
OAUTH_TOKEN_API oauth_token_session *oauth_token_session_open(const oauth_token_settings *settings,
                                                              const char *name, oauth_token_error **error);
/// What the session was signed in with when it was opened: name, store, issuer, token-endpoint, client-id,
/// username, scope, grant-type. NULL for another name.
OAUTH_TOKEN_API const char *oauth_token_session_get(const oauth_token_session *session, const char *name);

/// Renew whatever the age of the token.
#define OAUTH_TOKEN_RENEW_NOW 1U
/// Send a refresh token that was refused before, and ask a server again whose last failure still stands.
#define OAUTH_TOKEN_FORCE 2U
/// An access token that lives `min_valid` seconds at least (-1: the default margin): the stored one, else a
/// renewed one; one renewal for all threads and processes. `flags`: 0, or those above. Blocks for at most the
/// time of a renewal; one that is under way goes on when this is cancelled. Class "reauthenticate": a person
/// must sign in again. A token that was issued but could not be kept is in the error.
OAUTH_TOKEN_API oauth_token_token *oauth_token_session_token(oauth_token_session *session, int64_t min_valid,
                                                             unsigned flags, oauth_token_cancel *cancel,
                                                             oauth_token_error **error);
/// The same for one request to an API with a token that is bound to a key, with its proof (RFC 9449 s7).
/// `nonce`: from the API's last DPoP-Nonce header, or NULL.
OAUTH_TOKEN_API oauth_token_token *oauth_token_session_authorize(oauth_token_session *session,
                                                                 const char *method, const char *url,
                                                                 const char *nonce,
                                                                 oauth_token_cancel *cancel,
                                                                 oauth_token_error **error);
/// RFC 7662 for the stored access token. Blocks.
OAUTH_TOKEN_API oauth_token_secret *oauth_token_session_introspect(oauth_token_session *session,
                                                                   oauth_token_cancel *cancel,
                                                                   oauth_token_error **error);
/// Revokes both tokens at the server (RFC 7009), then forgets the session. Blocks.
OAUTH_TOKEN_API int oauth_token_session_revoke(oauth_token_session *session, oauth_token_cancel *cancel,
                                               oauth_token_error **error);
/// Erases the session without asking the server. Blocks.
OAUTH_TOKEN_API int oauth_token_session_forget(oauth_token_session *session, oauth_token_cancel *cancel,
                                               oauth_token_error **error);
/// Waits for a renewal that is under way.
OAUTH_TOKEN_API void oauth_token_session_free(oauth_token_session *session);

/// The names of all sessions. `settings` (NULL: the defaults) say in which folder.
OAUTH_TOKEN_API oauth_token_names *oauth_token_session_list(const oauth_token_settings *settings,
                                                            oauth_token_error **error);
/// `index` counts from 0; NULL beyond the last.
OAUTH_TOKEN_API const char *oauth_token_names_at(const oauth_token_names *names, size_t index);
/// NULL is taken, too.
OAUTH_TOKEN_API void oauth_token_names_free(oauth_token_names *names);

/// The text itself.
OAUTH_TOKEN_API const char *oauth_token_secret_text(const oauth_token_secret *secret, size_t *length);
/// Wipes it.
OAUTH_TOKEN_API void oauth_token_secret_free(oauth_token_secret *secret);

/* --- errors --------------------------------------------------------------------------------------------- */

/// "credentials", "reauthenticate", "network", "timeout", ...: as the program's JSON has it.
OAUTH_TOKEN_API const char *oauth_token_error_class(const oauth_token_error *error);
/// What the program's exit status would be: 2 usage, 3 credentials, 4 reauthenticate, ...
OAUTH_TOKEN_API int oauth_token_error_exit_status(const oauth_token_error *error);
/// One sentence: what is wrong. Safe to print, as hint and reason are.
OAUTH_TOKEN_API const char *oauth_token_error_message(const oauth_token_error *error);
/// One sentence: what to do; may be empty.
OAUTH_TOKEN_API const char *oauth_token_error_hint(const oauth_token_error *error);
/// A fixed word that details the class, such as "locked"; may be empty.
OAUTH_TOKEN_API const char *oauth_token_error_reason(const oauth_token_error *error);
/// `error` of RFC 6749 s5.2; may be empty. This and the next three are the server's words: control characters
/// are in them as they came.
OAUTH_TOKEN_API const char *oauth_token_error_code(const oauth_token_error *error);
/// `error_description`.
OAUTH_TOKEN_API const char *oauth_token_error_description(const oauth_token_error *error);
/// `error_uri`.
OAUTH_TOKEN_API const char *oauth_token_error_uri(const oauth_token_error *error);
/// Every other member of the answer, as one JSON object.
OAUTH_TOKEN_API const char *oauth_token_error_extra(const oauth_token_error *error);
/// 0: there was no answer.
OAUTH_TOKEN_API int oauth_token_error_http_status(const oauth_token_error *error);
/// Seconds from when it was returned; -1: the server said nothing.
OAUTH_TOKEN_API int64_t oauth_token_error_retry_after(const oauth_token_error *error);
/// Whether the request left this machine: "no", "maybe" or "yes".
OAUTH_TOKEN_API const char *oauth_token_error_sent(const oauth_token_error *error);
/// 1: sending the same request again can do no harm.
OAUTH_TOKEN_API int oauth_token_error_retry_safe(const oauth_token_error *error);
/// The token that was issued and could not be kept, once; NULL: there is none. It waits for a call on the
/// same handle that fails other than by being cancelled, and whose `error` is not NULL.
OAUTH_TOKEN_API oauth_token_token *oauth_token_error_take_token(oauth_token_error *error);
/// With the token in it, if that was not taken.
OAUTH_TOKEN_API void oauth_token_error_free(oauth_token_error *error);

#ifdef __cplusplus
}
#endif

#endif
