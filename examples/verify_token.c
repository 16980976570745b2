/* Says who holds a token, by the keys that its issuer publishes, or why nobody should believe it:
 *
 *   verify_token_c ISSUER CA-FILE AUDIENCE TOKEN-FILE
 *
 * The issuer may be on this machine, as that of `signet serve` is.
 */
#include <signet/signet.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static signet_verifier* make_verifier(const char* issuer, const char* ca_file,
                                      const char* audience, signet_error* error) {
  const char* audiences[] = {audience};
  const char* cidrs[] = {"127.0.0.0/8", "::1/128"};
  signet_options options = {0};
  signet_discovery discovery = {0};
  signet_verifier* verifier = NULL;
  options.size = sizeof options;
  options.issuer = issuer;
  options.audiences = audiences;
  options.audience_count = 1;
  discovery.size = sizeof discovery;
  discovery.ca_file = ca_file;
  discovery.allowed_cidrs = cidrs;
  discovery.allowed_cidr_count = 2;
  signet_verifier_by_discovery(&options, &discovery, &verifier, error);
  return verifier;
}

static int read_token(const char* path, char* token, size_t size, signet_error* error) {
  signet_token_source* source = NULL;
  signet_code code = signet_token_source_open(path, &source, error);
  if (code == SIGNET_OK) code = signet_token_source_get(source, token, size, NULL, error);
  signet_token_source_free(source);
  return code == SIGNET_OK;
}

int main(int argc, char** argv) {
  char token[SIGNET_TOKEN_SIZE_MAX];
  signet_verifier* verifier;
  signet_caller* caller = NULL;
  signet_error error;
  signet_code code;
  if (argc != 5) {
    fprintf(stderr, "usage: verify_token_c ISSUER CA-FILE AUDIENCE TOKEN-FILE\n");
    return 2;
  }
  verifier = make_verifier(argv[1], argv[2], argv[3], &error);
  if (verifier == NULL || !read_token(argv[4], token, sizeof token, &error)) {
    fprintf(stderr, "%s\n", error.message);
    signet_verifier_free(verifier);
    return 2;
  }
  code = signet_verify(verifier, token, strlen(token), time(NULL), 2000, &caller, &error);
  if (code == SIGNET_OK) {
    printf("%s\n", signet_caller_text(caller, SIGNET_SUBJECT));
  } else {
    printf("refused: %s\n", signet_code_name(code));
  }
  signet_caller_free(caller);
  signet_verifier_free(verifier);
  return code == SIGNET_OK ? 0 : 1;
}
