// Verifies one token over and over with jose and with fast-jwt, nothing remembered between two checks.
//
//   node verify.mjs QUESTION.json     {"issuer", "audience", "jwks", "token", "algorithm", "seconds"}
//
// Prints checks per CPU second of this process by library.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createVerifier } from 'fast-jwt';
import { createLocalJWKSet, jwtVerify } from 'jose';

const asked = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function rate(check) {
  await check();
  const end = performance.now() + asked.seconds * 1000;
  const before = cpuSeconds();
  let count = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 100; ++i) await check();
    count += 100;
  }
  return count / (cpuSeconds() - before);
}

const keys = createLocalJWKSet(asked.jwks);
const pem = createPublicKey({ key: asked.jwks.keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
const fast = createVerifier({
  key: pem, algorithms: [asked.algorithm], allowedIss: asked.issuer, allowedAud: asked.audience, cache: false });

console.log(JSON.stringify({
  'node jose': await rate(() => jwtVerify(asked.token, keys, { issuer: asked.issuer, audience: asked.audience })),
  'node fast-jwt': await rate(() => fast(asked.token)),
}));
