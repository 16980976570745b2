// Drives signet with @kubernetes/client-node, as it comes.
//
// SIGNET_CONTROL names the socket of the test that started the server: it restarts it on demand.
import assert from 'node:assert/strict';
import net from 'node:net';
import {before, test} from 'node:test';
import * as k8s from '@kubernetes/client-node';

const LIMIT = 120_000;  // milliseconds for anything; nothing is expected to take long

const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const authentication = config.makeApiClient(k8s.AuthenticationV1Api);
const namespace = 'javascript';

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function eventually(what, holds) {
  const end = Date.now() + LIMIT;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come true: ${what}`);
    await pause(50);
  }
}

// Ends the server (term or kill) and comes back when it is ready again.
function restart(how) {
  return new Promise((done, fail) => {
    const connection = net.connect(process.env.SIGNET_CONTROL, () => connection.write(`${how}\n`));
    connection.once('data', () => { connection.end(); done(); });
    connection.once('error', fail);
  });
}

// Repeats a write until the server has answered it: it is restarted in between.
async function persist(write) {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof k8s.ApiException) {
        if (error.code === 409) return undefined;  // done, although its answer was lost
        throw error;
      }
      await pause(20);
    }
  }
}

const configMap = (name, data = {}) => ({namespace, body: {metadata: {name}, data}});

// The Status object of a refusal.
async function refusal(promise) {
  const error = await promise.then(() => assert.fail('was not refused'), (reason) => reason);
  assert.ok(error instanceof k8s.ApiException, String(error));
  const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
  assert.equal(status.kind, 'Status');
  assert.equal(status.code, error.code);
  return status;
}

before(() => core.createNamespace({body: {metadata: {name: namespace}}}));

test('an object lives', async () => {
  const made = await core.createNamespacedConfigMap(configMap('made', {a: '1'}));
  assert.ok(made.metadata.uid && made.metadata.resourceVersion);
  assert.ok(made.metadata.creationTimestamp instanceof Date);
  const name = 'made';
  const read = await core.readNamespacedConfigMap({name, namespace});
  assert.deepEqual(read.data, {a: '1'});
  read.data.b = '2';
  const changed = await core.replaceNamespacedConfigMap({name, namespace, body: read});
  assert.deepEqual(changed.data, {a: '1', b: '2'});
  const list = await core.listNamespacedConfigMap({namespace, fieldSelector: 'metadata.name=made'});
  assert.deepEqual(list.items.map((item) => item.metadata.name), ['made']);
  await core.deleteNamespacedConfigMap({name, namespace});
  const status = await refusal(core.readNamespacedConfigMap({name, namespace}));
  assert.equal(status.message, 'configmaps "made" not found');
});

test('refusals are Status objects', async () => {
  await core.createNamespacedConfigMap(configMap('twice'));
  const twice = await refusal(core.createNamespacedConfigMap(configMap('twice')));
  assert.equal(twice.reason, 'AlreadyExists');
  assert.equal(twice.message, 'configmaps "twice" already exists');
  const bad = await refusal(core.createNamespacedConfigMap(configMap('Bad_Name')));
  assert.equal(bad.code, 422);
  assert.equal(bad.details.causes[0].field, 'metadata.name');
  const stale = await core.readNamespacedConfigMap({name: 'twice', namespace});
  await core.replaceNamespacedConfigMap({name: 'twice', namespace, body: {...stale, data: {x: 'y'}}});
  const conflict = await refusal(core.replaceNamespacedConfigMap({name: 'twice', namespace, body: stale}));
  assert.equal(conflict.reason, 'Conflict');
});

test('all types of patches', async () => {
  await core.createNamespacedConfigMap(configMap('patched', {a: '1'}));
  const patch = (type, body) => core.patchNamespacedConfigMap(
      {name: 'patched', namespace, body, fieldManager: 'javascript', force: type === k8s.PatchStrategy.ServerSideApply || undefined},
      k8s.setHeaderOptions('Content-Type', type));
  assert.deepEqual((await patch(k8s.PatchStrategy.JsonPatch, [{op: 'replace', path: '/data/a', value: '2'}])).data, {a: '2'});
  assert.deepEqual((await patch(k8s.PatchStrategy.MergePatch, {data: {b: '1', a: null}})).data, {b: '1'});
  assert.deepEqual((await patch(k8s.PatchStrategy.StrategicMergePatch, {data: {c: '1'}})).data, {b: '1', c: '1'});
  const applied = await patch(k8s.PatchStrategy.ServerSideApply,
                              {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'patched'}, data: {d: '1'}});
  assert.deepEqual(applied.data, {b: '1', c: '1', d: '1'});
});

test('the object API reads and applies any kind', async () => {
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  const spec = {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'any', namespace}, stringData: {word: 'hush'}};
  await objects.create(spec);
  assert.equal((await objects.read(spec)).data.word, 'aHVzaA==');
  await objects.patch({...spec, stringData: {word: 'loud'}});
  assert.equal((await objects.read(spec)).data.word, 'bG91ZA==');
  await objects.delete(spec);
  assert.equal((await refusal(objects.read(spec))).message, 'secrets "any" not found');
});

test('tokens are requested and reviewed', async () => {
  await core.createNamespacedServiceAccount({namespace, body: {metadata: {name: 'robot'}}});
  const issued = await core.createNamespacedServiceAccountToken(
      {name: 'robot', namespace, body: {spec: {audiences: ['vault'], expirationSeconds: 1200}}});
  assert.ok(issued.status.expirationTimestamp instanceof Date);
  const review = (audiences) => authentication.createTokenReview({body: {spec: {token: issued.status.token, audiences}}});
  const good = (await review(['vault'])).status;
  assert.equal(good.authenticated, true);
  assert.equal(good.user.username, 'system:serviceaccount:javascript:robot');
  assert.ok(!(await review(['bank'])).status.authenticated);
  const missing = await refusal(core.createNamespacedServiceAccountToken(
      {name: 'nobody', namespace, body: {spec: {audiences: ['vault']}}}));
  assert.equal(missing.message, 'serviceaccounts "nobody" not found');

  const own = await core.createNamespacedServiceAccountToken({name: 'robot', namespace, body: {spec: {}, metadata: {}}});
  const robot = new k8s.KubeConfig();
  const cluster = config.getCurrentCluster();
  robot.loadFromClusterAndUser(cluster, {name: 'robot', token: own.status.token});
  const forbidden = await refusal(robot.makeApiClient(k8s.CoreV1Api).listNamespacedSecret({namespace}));
  assert.equal(forbidden.reason, 'Forbidden');
});

test('a watch tells of each change', async () => {
  const list = await core.listNamespacedConfigMap({namespace});
  const seen = [];
  const watch = new k8s.Watch(config);
  const controller = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`, {resourceVersion: list.metadata.resourceVersion},
      (type, object) => seen.push(`${type} ${object.metadata.name}`), () => {});
  await core.createNamespacedConfigMap(configMap('watched'));
  await core.patchNamespacedConfigMap({name: 'watched', namespace, body: {data: {a: 'b'}}},
                                      k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch));
  await core.deleteNamespacedConfigMap({name: 'watched', namespace});
  await eventually('three events', () => seen.length >= 3);
  assert.deepEqual(seen, ['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
  controller.abort();
});

test('an informer misses nothing while the server restarts', async () => {
  const label = 'written=yes';
  const informer = k8s.makeInformer(
      config, `/api/v1/namespaces/${namespace}/configmaps`,
      () => core.listNamespacedConfigMap({namespace, labelSelector: label}), label);
  const told = new Set();
  let ended = false;
  informer.on('add', (object) => told.add(object.metadata.name));
  informer.on('update', (object) => told.add(object.metadata.name));
  // As its documentation says: start it again when it has failed.
  informer.on('error', async () => {
    while (!ended) {
      await pause(50);
      try {
        return await informer.start();
      } catch {
        // The server is not back yet.
      }
    }
    return undefined;
  });
  await informer.start();

  let written = 0;
  let stop = false;
  const writing = (async () => {
    for (; !stop; ++written) {
      const name = `w${written}`;
      await persist(() => core.createNamespacedConfigMap(
          {namespace, body: {metadata: {name, labels: {written: 'yes'}}, data: {n: name}}}));
    }
  })();
  const grown = async () => {
    const at = told.size;
    await eventually('writes are seen', () => told.size > at + 5);
  };
  for (const how of ['term', 'kill']) {
    await grown();
    await restart(how);
  }
  await grown();
  stop = true;
  await writing;
  await eventually('all writes are seen', () => told.size >= written);
  const versions = (items) => items.map((item) => `${item.metadata.name} ${item.metadata.resourceVersion}`).sort();
  await eventually('the cache equals the list', async () => {
    const list = await core.listNamespacedConfigMap({namespace, labelSelector: label});
    return JSON.stringify(versions(list.items)) === JSON.stringify(versions(informer.list()));
  });
  ended = true;
  await informer.stop();
});
