// Golden keys and tokens for tests: two public keys, what they are called and what they signed.
#pragma once

#include <string_view>

namespace signet::jose::vectors {

inline constexpr std::string_view rsa_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnV17YGKFlH0vPEXPBLMz\n"
    "IYOH7MGSy0VOs9vDh8ETx/SB1cqNV1lLdCMkrh1+THPEH7zqM/97ZxBLYd9CnAzr\n"
    "depdyGYDb8Jb69ImAJCoF0eXetbvZoxIPSUfpHB4PyXgnLNHaoBPdH+VaneXUApk\n"
    "/5Qi9acLf8lZVOFPVC4FlrFzCQlq+bAKP+0XBxkIoVAdfrH9Bmp0N/NN4SnbSMd+\n"
    "BAsg6/6zgsnDIqznP/A2f2NU+tFDH/YfVW4e+aYpV/L0GamRDLj4fIH9MExwOL5l\n"
    "mX3khtlpnBzlCvg5iU47jaxLqPOHXeKZY3mZjCQJ5OxRJr59sV4wVZ26rgkrEqTL\n"
    "lwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view rsa_kid = "rffxN73J38uV8znyG2OZTgOkqiYR7W_hRtTAIyc8ONA";
inline constexpr std::string_view rsa_jwk =
    "{\"use\":\"sig\",\"kty\":\"RSA\",\"kid\":\"rffxN73J38uV8znyG2OZTgOkqiYR7W_hRtTAIyc8ONA\""
    ",\"alg\":\"RS256\",\"n\":\"nV17YGKFlH0vPEXPBLMzIYOH7MGSy0VOs9vDh8ETx_SB1cqNV1lLdCMkrh1-T"
    "HPEH7zqM_97ZxBLYd9CnAzrdepdyGYDb8Jb69ImAJCoF0eXetbvZoxIPSUfpHB4PyXgnLNHaoBPdH-VaneXUApk_"
    "5Qi9acLf8lZVOFPVC4FlrFzCQlq-bAKP-0XBxkIoVAdfrH9Bmp0N_NN4SnbSMd-BAsg6_6zgsnDIqznP_A2f2NU-"
    "tFDH_YfVW4e-aYpV_L0GamRDLj4fIH9MExwOL5lmX3khtlpnBzlCvg5iU47jaxLqPOHXeKZY3mZjCQJ5OxRJr59s"
    "V4wVZ26rgkrEqTLlw\",\"e\":\"AQAB\"}";
inline constexpr std::string_view bound_payload =
    "{\"aud\":[\"https://tokens.example.test\"],\"exp\":1731536000,\"iat\":1700000000,\"iss\""
    ":\"https://tokens.example.test\",\"jti\":\"0f3c6b1e-54c1-4c1b-9a36-0d1f6b9d7a11\",\"kube"
    "rnetes.io\":{\"namespace\":\"demo\",\"node\":{\"name\":\"node-a\",\"uid\":\"11111111-111"
    "1-4111-8111-111111111111\"},\"pod\":{\"name\":\"web-0\",\"uid\":\"22222222-2222-4222-822"
    "2-222222222222\"},\"serviceaccount\":{\"name\":\"web\",\"uid\":\"33333333-3333-4333-8333"
    "-333333333333\"},\"warnafter\":1700003607},\"nbf\":1700000000,\"sub\":\"system:serviceac"
    "count:demo:web\"}";
inline constexpr std::string_view bound_token =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJmZnhONzNKMzh1Vjh6bnlHMk9aVGdPa3FpWVI3V19oUnRUQUl5YzhPTkEi"
    "fQ.eyJhdWQiOlsiaHR0cHM6Ly90b2tlbnMuZXhhbXBsZS50ZXN0Il0sImV4cCI6MTczMTUzNjAwMCwiaWF0IjoxN"
    "zAwMDAwMDAwLCJpc3MiOiJodHRwczovL3Rva2Vucy5leGFtcGxlLnRlc3QiLCJqdGkiOiIwZjNjNmIxZS01NGMxL"
    "TRjMWItOWEzNi0wZDFmNmI5ZDdhMTEiLCJrdWJlcm5ldGVzLmlvIjp7Im5hbWVzcGFjZSI6ImRlbW8iLCJub2RlI"
    "jp7Im5hbWUiOiJub2RlLWEiLCJ1aWQiOiIxMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTEifSwic"
    "G9kIjp7Im5hbWUiOiJ3ZWItMCIsInVpZCI6IjIyMjIyMjIyLTIyMjItNDIyMi04MjIyLTIyMjIyMjIyMjIyMiJ9L"
    "CJzZXJ2aWNlYWNjb3VudCI6eyJuYW1lIjoid2ViIiwidWlkIjoiMzMzMzMzMzMtMzMzMy00MzMzLTgzMzMtMzMzM"
    "zMzMzMzMzMzIn0sIndhcm5hZnRlciI6MTcwMDAwMzYwN30sIm5iZiI6MTcwMDAwMDAwMCwic3ViIjoic3lzdGVtO"
    "nNlcnZpY2VhY2NvdW50OmRlbW86d2ViIn0.WDs_wSNscdG10IRO5u0dvuySVYhYO7iTXU8uvA-87jONNLZRHyZHM"
    "mYM7ksRtbW04c0jbytjYDDZ43xomcghqIYDTEh2KKlRPavp36w3IiE9_PRGBIdw5wsg9XpkdQWIGPSAbqTydZTf1"
    "P9NvCtXxLX8f_DMtmgnnCnT-1G6gpipWdD0U26QR1zVQ4o7q6ltNbBBnXcMsd9Db3G4QXLU5pFHvGcJM5RuMjheW"
    "O3KzC-eqfEBnBh3_JBJnauxIaY1-mLP2V1ZtK4OyfXpI2Qt6NWN3eC-WkrjmcGWcb6C5c-x25twfNqePseW0fgdP"
    "tcfx3AUJ-6gz5ag5DCvwkSFFQ";
inline constexpr std::string_view ec_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEx/5V3u6WCInwlBHoGeTjcmjJH7vy\n"
    "rnx6Jrp/LYgBuHXFGqm8ReQ2IUa2yr4bJcKScqTCTkUerL5dOZyIao+5Ig==\n"
    "-----END PUBLIC KEY-----\n";
inline constexpr std::string_view ec_kid = "14CA0pk2G1SQVMf6yoHi_OoWn7EGWhmq8CmiJkkS5pE";
inline constexpr std::string_view ec_jwk =
    "{\"use\":\"sig\",\"kty\":\"EC\",\"kid\":\"14CA0pk2G1SQVMf6yoHi_OoWn7EGWhmq8CmiJkkS5pE\","
    "\"crv\":\"P-256\",\"alg\":\"ES256\",\"x\":\"x_5V3u6WCInwlBHoGeTjcmjJH7vyrnx6Jrp_LYgBuHU"
    "\",\"y\":\"xRqpvEXkNiFGtsq-GyXCknKkwk5FHqy-XTmciGqPuSI\"}";
inline constexpr std::string_view legacy_payload =
    "{\"iss\":\"kubernetes/serviceaccount\",\"kubernetes.io/serviceaccount/namespace\":\"demo"
    "\",\"kubernetes.io/serviceaccount/secret.name\":\"web-token\",\"kubernetes.io/serviceacc"
    "ount/service-account.name\":\"web\",\"kubernetes.io/serviceaccount/service-account.uid\""
    ":\"33333333-3333-4333-8333-333333333333\",\"sub\":\"system:serviceaccount:demo:web\"}";
inline constexpr std::string_view legacy_token =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjE0Q0EwcGsyRzFTUVZNZjZ5b0hpX09vV243RUdXaG1xOENtaUpra1M1cEUi"
    "fQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50Iiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3Vud"
    "C9uYW1lc3BhY2UiOiJkZW1vIiwia3ViZXJuZXRlcy5pby9zZXJ2aWNlYWNjb3VudC9zZWNyZXQubmFtZSI6IndlY"
    "i10b2tlbiIsImt1YmVybmV0ZXMuaW8vc2VydmljZWFjY291bnQvc2VydmljZS1hY2NvdW50Lm5hbWUiOiJ3ZWIiL"
    "CJrdWJlcm5ldGVzLmlvL3NlcnZpY2VhY2NvdW50L3NlcnZpY2UtYWNjb3VudC51aWQiOiIzMzMzMzMzMy0zMzMzL"
    "TQzMzMtODMzMy0zMzMzMzMzMzMzMzMiLCJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6ZGVtbzp3ZWIifQ.D3"
    "Rx70Kkn7QkNdr1afTGwUSD30xMY9rLgr06N5X3qyDqqsjYS3LO77X0C2mvs-r7k_uo05KQjIQuk1f3ROV4NQ";

}  // namespace signet::jose::vectors
