/* One token for a user name and password, in C; nothing is kept.
 *   printf %s "$PASSWORD" | ./c_api https://as.example CLIENT_ID USERNAME [CA_FILE] */
#include <oauth_token/oauth_token.h>

#include <stdio.h>
#include <unistd.h>

static int report(oauth_token_error *error) {
  const int status = error == NULL ? 1 : oauth_token_error_exit_status(error);
  if (error != NULL)
    fprintf(stderr, "%s: %s %s\n", oauth_token_error_class(error), oauth_token_error_message(error),
            oauth_token_error_hint(error));
  oauth_token_error_free(error);
  return status;
}

static int add_password(oauth_token_request *request, oauth_token_error **error) {
  char password[256];
  volatile char *const wiped = password; /* what the compiler must not leave out */
  const ssize_t length = read(STDIN_FILENO, password, sizeof password);
  const int status =
      oauth_token_request_add_secret(request, "password", password, length < 0 ? 0 : (size_t)length, error);
  for (size_t i = 0; i < sizeof password; ++i) wiped[i] = 0;
  return status;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: c_api ISSUER CLIENT_ID USERNAME [CA_FILE] <PASSWORD\n");
    return 2;
  }
  oauth_token_error *error = NULL;
  oauth_token_settings *settings = oauth_token_settings_new();
  oauth_token_request *request = oauth_token_request_new("password");
  oauth_token_client *client = NULL;
  oauth_token_token *token = NULL;
  int status = 0;
  if (oauth_token_settings_set(settings, "issuer", argv[1], &error) == 0 &&
      oauth_token_settings_set(settings, "client-id", argv[2], &error) == 0 &&
      oauth_token_settings_set(settings, "cacert", argc > 4 ? argv[4] : "", &error) == 0 &&
      oauth_token_request_add(request, "username", argv[3], &error) == 0)
    client = oauth_token_client_new(settings, NULL, &error);
  if (client != NULL && add_password(request, &error) == 0)
    token = oauth_token_client_request(client, request, NULL, &error);
  if (token != NULL) {
    size_t length = 0;
    const char *text = oauth_token_token_access_token(token, &length);
    if (write(STDOUT_FILENO, text, length) != (ssize_t)length) status = 1; /* stdio would keep a copy */
  } else {
    status = report(error);
  }
  oauth_token_token_free(token);
  oauth_token_client_free(client);
  oauth_token_request_free(request);
  oauth_token_settings_free(settings);
  return status;
}
