import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GobyError, UnavailableError } from '../../../src/errors.ts';
import { silentLogger } from '../../../src/logger.ts';
import type { AgentStatus } from '../../../src/system/service/status.ts';
import { askStatus, StatusServer } from '../../../src/system/service/status-socket.ts';
import { sampleStatus } from '../../system/service/agent-status-sample.ts';

async function temporarySocket(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-status-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'run', 'status.sock');
}

async function temporaryFile(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-status-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'precious'), 'data');
  return join(folder, 'precious');
}

function serverAt(t: ExecutionContext, path: string, status: () => AgentStatus = sampleStatus): StatusServer {
  const server = new StatusServer({ path, status, logger: silentLogger });
  t.teardown(() => server.stop());
  return server;
}

async function rawServer(t: ExecutionContext, answer: string | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-status-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'raw.sock');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer !== undefined) socket.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  return path;
}

test('where no agent runs there is no status', async (t) => {
  t.is(await askStatus(await temporarySocket(t)), undefined);
});

test('an answer that is no status, or none at all, gives a sentence', async (t) => {
  for (const answer of ['not json\n', '{"version":"1","pid":-1}\n', '']) {
    const error = await t.throwsAsync(askStatus(await rawServer(t, answer)), { instanceOf: UnavailableError });
    t.regex(error.message, /gives no status of goby \(wrong: .+\)\. If goby was just updated, restart it/);
  }
  const mute = await t.throwsAsync(askStatus(await rawServer(t, undefined), 50), { instanceOf: UnavailableError });
  t.regex(mute.message, /gave no status: no answer within 50 ms/);
});

test('a status that throws closes the connection and leaves the server alive', async (t) => {
  const path = await temporarySocket(t);
  let broken = true;
  const server = serverAt(t, path, () => {
    if (broken) throw new Error('a bug');
    return sampleStatus();
  });
  await server.start();
  await t.throwsAsync(askStatus(path));
  broken = false;
  t.is((await askStatus(path))?.pid, 4711);
});

test('the status comes back as it was given, unknown keys too, and only owner and group may ask', async (t) => {
  const path = await temporarySocket(t);
  const given = sampleStatus({ somethingNew: { deep: [1, 2] } });
  await serverAt(t, path, () => given).start();
  t.is((await stat(path)).mode & 0o777, 0o660);
  t.deepEqual(await askStatus(path), given);
  const many = await Promise.all(Array.from({ length: 20 }, () => askStatus(path)));
  t.true(many.every((status) => status?.pid === 4711));
});

test('a second agent is refused by name and leaves the first one alone', async (t) => {
  const path = await temporarySocket(t);
  await serverAt(t, path).start();
  const error = await t.throwsAsync(serverAt(t, path).start(), { instanceOf: GobyError });
  t.regex(error.message, /^Another goby \(process 4711\) answers at .* already\. Stop it first/);
  t.is((await askStatus(path))?.pid, 4711);
});

test('a file that is no socket is left alone', async (t) => {
  const path = await temporaryFile(t);
  await t.throwsAsync(serverAt(t, path).start(), { message: /is not a socket, so goby leaves it alone/ });
  t.true((await stat(path)).isFile());
});

test('a path too long for the kernel, and a folder that cannot be, are told', async (t) => {
  await t.throwsAsync(serverAt(t, `/tmp/${'x'.repeat(110)}`).start(), { message: /more than 107 bytes/ });
  const file = await temporaryFile(t);
  await t.throwsAsync(serverAt(t, join(file, 'status.sock')).start(), {
    message: /can't be made: .*Set service\.statusSocket/,
  });
});

test('the socket of an agent that was killed is replaced', async (t) => {
  const path = await temporarySocket(t);
  const script = `require('node:fs').mkdirSync(require('node:path').dirname(${JSON.stringify(path)}), { recursive: true });
    require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  t.true((await stat(path)).isSocket(), 'its file is still there');
  t.is(await askStatus(path), undefined);
  const server = serverAt(t, path);
  await server.start();
  t.is((await askStatus(path))?.version, '0.1.0');
  await server.stop();
  await server.stop();
  await t.throwsAsync(stat(path), { code: 'ENOENT' });
});
