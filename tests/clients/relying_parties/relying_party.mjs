// Relying parties made of jose and of openid-client, and an issuer made of jose. The question is JSON
// on standard input, the answer JSON on standard output; see relying_parties_test.py.
import { readFileSync } from 'node:fs';
import * as jose from 'jose';
import * as openid from 'openid-client';

const asked = JSON.parse(readFileSync(0, 'utf8'));

// The subject that `believe` finds in each token; empty where it throws.
async function subjects(believe) {
  const found = [];
  for (const token of asked.tokens) found.push(await believe(token).catch(() => ''));
  return found;
}

async function verifyWithJose() {
  const discovery = await (await fetch(`${asked.issuer}/.well-known/openid-configuration`)).json();
  const keys = jose.createRemoteJWKSet(new URL(discovery.jwks_uri));
  return subjects(async (token) => {
    const { payload } = await jose.jwtVerify(token, keys, { issuer: asked.issuer, audience: asked.audience });
    return payload.sub;
  });
}

// openid-client checks ID tokens as they come from a token endpoint, so one hands ours out.
async function verifyWithOpenidClient() {
  const tokenEndpoint = 'https://token-endpoint.invalid/token';
  const found = await openid.discovery(new URL(asked.issuer), asked.audience, undefined, openid.None());
  const config = new openid.Configuration(
    { ...found.serverMetadata(), token_endpoint: tokenEndpoint }, asked.audience, undefined, openid.None());
  openid.enableNonRepudiationChecks(config); // the signature too, not TLS alone
  return subjects(async (token) => {
    config[openid.customFetch] = (url, options) => url === tokenEndpoint
      ? Promise.resolve(Response.json({ access_token: 'unused', token_type: 'bearer', id_token: token }))
      : fetch(url, options);
    const answer = await openid.genericGrantRequest(config, 'urn:signet:test', {});
    return answer.claims().sub;
  });
}

async function sign() {
  const tokens = {};
  const keys = [];
  for (const alg of ['RS256', 'ES256', 'ES384', 'ES512']) {
    const kid = `jose-${alg}`;
    const { publicKey, privateKey } = await jose.generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await jose.exportJWK(publicKey)), kid, alg, use: 'sig' });
    tokens[alg] = await new jose.SignJWT(asked.claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(privateKey);
  }
  return { tokens, jwks: { keys } };
}

const answer = asked.do === 'sign'
  ? { jose: await sign() }
  : { jose: await verifyWithJose(), 'openid-client': await verifyWithOpenidClient() };
console.log(JSON.stringify(answer));
