/* The library for C and for whatever calls C: who holds a token, and one's own token.
 *
 *   const char* audiences[] = {"vault"};
 *   signet_options options = {.size = sizeof options, .issuer = "https://k8s.example",
 *                             .audiences = audiences, .audience_count = 1};
 *   signet_verifier* verifier = NULL;
 *   signet_error error;
 *   if (signet_verifier_from_jwks(&options, jwks, strlen(jwks), &verifier, &error) != SIGNET_OK)
 *     return explain(error.message);
 *   signet_caller* caller = NULL;
 *   if (signet_verify(verifier, token, strlen(token), time(NULL), 0, &caller, &error) != SIGNET_OK)
 *     return refuse(error.code, error.message);
 *   serve(signet_caller_text(caller, SIGNET_SUBJECT));
 *   signet_caller_free(caller);
 *
 * Shape    what is made is freed by the function of its name; freeing NULL does nothing. Texts in
 *          UTF-8; those of a caller live as long as it.
 * Units    seconds since 1970, milliseconds to wait.
 * Errors   each function returns a signet_code; below 64 they are those of signet::Refusal. Where
 *          one fails, what it was to make is NULL. `error` may be NULL.
 * Limits   as in token_verifier.h, key_source.h and file_token_source.h.
 * Threads  one verifier or token source serves many threads at once, but not while it is freed.
 */
/* NOLINTBEGIN(modernize-*): this is C */
#ifndef SIGNET_SIGNET_H
#define SIGNET_SIGNET_H

#include <stddef.h>
#include <stdint.h>

#include "signet/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_code {
  SIGNET_OK = 0,
  /* Why a token is refused. */
  SIGNET_TOO_LARGE = 1,
  SIGNET_MALFORMED = 2,
  SIGNET_ALGORITHM_NOT_ACCEPTED = 3,
  SIGNET_HEADER_NOT_ACCEPTED = 4,
  SIGNET_KEYS_UNAVAILABLE = 5, /* answer "try again", not "no" */
  SIGNET_UNKNOWN_KEY = 6,
  SIGNET_BAD_SIGNATURE = 7,
  SIGNET_BAD_CLAIMS = 8,
  SIGNET_WRONG_ISSUER = 9,
  SIGNET_WRONG_AUDIENCE = 10,
  SIGNET_NOT_YET_VALID = 11,
  SIGNET_EXPIRED = 12,
  SIGNET_ISSUED_IN_FUTURE = 13,
  SIGNET_LIVES_TOO_LONG = 14,
  SIGNET_CLAIMS_MISMATCH = 15,
  /* Why nothing was tried. */
  SIGNET_INVALID = 64,          /* an argument, an option, a document or a file that will not do */
  SIGNET_BUFFER_TOO_SMALL = 65, /* `length` says what is needed */
  SIGNET_INTERNAL = 66          /* no memory, no thread */
} signet_code;

/* The code in lower case, for a metric or a log: "wrong_audience". */
SIGNET_EXPORT const char* signet_code_name(signet_code code);

typedef struct signet_error {
  signet_code code;
  char message[508]; /* for operators, cut to fit, ends with a NUL; no token and no key is in it */
} signet_error;

/* Start with all zero but `size`, so that what a later version adds has its default. */
typedef struct signet_options {
  size_t size; /* sizeof(signet_options) */
  const char* issuer;
  const char* const* audiences;
  size_t audience_count;
  const char* const* algorithms; /* RS256 and ES256 if there are none */
  size_t algorithm_count;
  int64_t leeway;       /* seconds, 1 to 300; 0: 30; -1: none */
  int64_t lifetime_max; /* seconds; 0: 48 hours */
} signet_options;

typedef struct signet_discovery {
  size_t size;                      /* sizeof(signet_discovery) */
  const char* ca_file;              /* NULL: the system's */
  const char* token_file;           /* sent to the issuer alone; NULL: none */
  const char* const* allowed_cidrs; /* private ranges the issuer may be in */
  size_t allowed_cidr_count;
  const char* directory; /* where the last good keys are kept; NULL: nowhere */
} signet_discovery;

typedef struct signet_verifier signet_verifier;

SIGNET_EXPORT signet_code signet_verifier_from_jwks(const signet_options* options, const char* jwks,
                                                    size_t jwks_length, signet_verifier** verifier,
                                                    signet_error* error);
SIGNET_EXPORT signet_code signet_verifier_by_discovery(const signet_options* options,
                                                       const signet_discovery* discovery,
                                                       signet_verifier** verifier,
                                                       signet_error* error);
SIGNET_EXPORT void signet_verifier_free(signet_verifier* verifier);

typedef struct signet_caller signet_caller;

/* `wait_ms`: for keys that must be fetched; 0 never waits. */
SIGNET_EXPORT signet_code signet_verify(const signet_verifier* verifier, const char* token,
                                        size_t token_length, int64_t now, int64_t wait_ms,
                                        signet_caller** caller, signet_error* error);

typedef enum signet_field {
  SIGNET_SUBJECT = 1, /* system:serviceaccount:NAMESPACE:NAME */
  SIGNET_NAMESPACE = 2,
  SIGNET_SERVICE_ACCOUNT = 3,
  SIGNET_SERVICE_ACCOUNT_UID = 4,
  SIGNET_POD = 5,
  SIGNET_POD_UID = 6,
  SIGNET_NODE = 7,
  SIGNET_NODE_UID = 8,
  SIGNET_TOKEN_ID = 9
} signet_field;

/* Empty where the token says nothing, or there is no such field. */
SIGNET_EXPORT const char* signet_caller_text(const signet_caller* caller, signet_field field);
/* Those of the options that the token names, from 0 on; NULL behind the last. */
SIGNET_EXPORT const char* signet_caller_audience(const signet_caller* caller, size_t index);
SIGNET_EXPORT int64_t signet_caller_expires_at(const signet_caller* caller);
SIGNET_EXPORT void signet_caller_free(signet_caller* caller);

typedef struct signet_token_source signet_token_source;

/* What a buffer for a token needs at most, its final NUL included. */
enum { SIGNET_TOKEN_SIZE_MAX = 16385 };

SIGNET_EXPORT signet_code signet_token_source_open(const char* path, signet_token_source** source,
                                                   signet_error* error);
/* The token and a NUL into `buffer` of `size` bytes; `length`, which may be NULL, without the NUL.
 */
SIGNET_EXPORT signet_code signet_token_source_get(const signet_token_source* source, char* buffer,
                                                  size_t size, size_t* length, signet_error* error);
SIGNET_EXPORT void signet_token_source_free(signet_token_source* source);

#ifdef __cplusplus
}
#endif

#endif
/* NOLINTEND(modernize-*) */
