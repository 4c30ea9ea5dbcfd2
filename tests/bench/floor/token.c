// The least that a program on top of libcurl does for one token: it asks, looks for the token as a piece of text, and prints
// it. No wiping, no checks, no options. Over https it trusts the hashed folder, as oauth-token does.
//   token URL PASSWORD-FILE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { room = 65536 };

struct answer {
  char text[room];
  size_t size;
};

static size_t receive(char *piece, size_t size, size_t count, void *to) {
  struct answer *const answer = to;
  if (size * count >= room - answer->size) return 0;
  memcpy(answer->text + answer->size, piece, size * count);
  answer->size += size * count;
  return size * count;
}

static int fail(const char *what) {
  fprintf(stderr, "token: %s\n", what);
  return 1;
}

int main(int argc, char **argv) {
  static struct answer answer;
  char password[256] = "", body[2048];
  if (argc != 3) return fail("usage: token URL PASSWORD-FILE");
  FILE *const file = fopen(argv[2], "r");
  if (file == NULL || fgets(password, sizeof password, file) == NULL) return fail("no password");
  fclose(file);
  password[strcspn(password, "\n")] = '\0';

  CURL *const curl = curl_easy_init();
  char *const encoded = curl_easy_escape(curl, password, 0);
  snprintf(body, sizeof body, "grant_type=password&client_id=app&username=alice&password=%s&scope=read", encoded);
  curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
  curl_easy_setopt(curl, CURLOPT_CAPATH, "/etc/ssl/certs");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return fail(curl_easy_strerror(code));

  static const char name[] = "\"access_token\":\"";
  char *const found = strstr(answer.text, name);
  if (found == NULL) return fail("no token in the answer");
  char *const token = found + strlen(name);
  token[strcspn(token, "\"")] = '\0';
  puts(token);
  curl_free(encoded);
  curl_easy_cleanup(curl);
  return 0;
}
