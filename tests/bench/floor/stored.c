// The least that a program does for a token that waits in the kernel's keyring: it looks for a configuration, reads which
// session is meant, reads that session's key into a locked page, and prints the token in it, each with one system call and
// none of the checks.
//   stored CONFIGURATION RECORD
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { page = 4096 };

// The text between `name` and the next quotation mark, ended there; null: there is none.
static char *text_of(char *json, const char *name) {
  char *const found = strstr(json, name);
  if (found == NULL) return NULL;
  char *const text = found + strlen(name);
  text[strcspn(text, "\"")] = '\0';
  return text;
}

int main(int argc, char **argv) {
  static char record[page] = "", name[128] = "oauth-token:";
  struct stat status;
  if (argc != 3) return 2;
  const struct rlimit none = {0, RLIM_INFINITY};
  (void)setrlimit(RLIMIT_CORE, &none);
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)open(argv[1], O_RDONLY | O_CLOEXEC);
  const int file = open(argv[2], O_RDONLY | O_CLOEXEC);
  if (file == -1 || fstat(file, &status) != 0 || read(file, record, sizeof record - 1) <= 0) return 3;
  close(file);
  const char *const id = text_of(record, "\"id\":\"");
  if (id == NULL) return 4;
  strncat(name, id, sizeof name - strlen(name) - 1);

  char *const value = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (value == MAP_FAILED) return 5;
  (void)mlock2(value, page, MLOCK_ONFAULT);
  (void)madvise(value, page, MADV_DONTDUMP);
  (void)madvise(value, page, MADV_WIPEONFORK);
  const long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
  if (key <= 0 || syscall(SYS_keyctl, KEYCTL_READ, key, value, page - 1) <= 0) return 6;
  char *const token = text_of(value, "\"access_token\":\"");
  if (token == NULL) return 7;
  const size_t length = strlen(token);
  token[length] = '\n';
  return write(STDOUT_FILENO, token, length + 1) == (ssize_t)(length + 1) ? 0 : 8;
}
