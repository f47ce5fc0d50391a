/** Passwords, tries and sessions of the page. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { silentLogger } from '../../../src/logger.ts';
import { hashPassword, isPassword } from '../../../src/system/login/password.ts';
import { openAccounts } from '../../../src/web/login/accounts.ts';
import { createLoginLimits } from '../../../src/web/login/login-limits.ts';
import { openSessions } from '../../../src/web/login/sessions.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

test('a password is found by its hash, another is not, and two hashes of it differ', async (t) => {
  const hash = await hashPassword('three quiet words');
  t.true(await isPassword('three quiet words', hash));
  t.false(await isPassword('three quiet word', hash));
  t.not(await hashPassword('three quiet words'), hash);
});

test('a hash that asks for more than any of ours is refused, not computed', async (t) => {
  for (const hash of [
    '',
    'scrypt',
    'scrypt$16384$8$1$c2FsdA==$',
    'scrypt$1073741824$8$1$c2FsdA==$aGFzaA==',
    'scrypt$x$y$z$a$b',
    'md5$1$1$1$a$b',
  ]) {
    t.false(await isPassword('anything at all', hash), hash);
  }
});

test('a short password is refused with what to do', async (t) => {
  await t.throwsAsync(hashPassword('short'), { message: /10 to 1024 characters, this one has 5/ });
});

test('the same letters in another form are the same password', async (t) => {
  t.true(await isPassword('gr\u00fcne Wiese', await hashPassword('gru\u0308ne Wiese')));
});

test('administrator and viewer have a password each, in a file that only goby can read', async (t) => {
  const path = join(temporaryFolder(t), 'web', 'passwords.json');
  const accounts = openAccounts(path);
  t.false(accounts.hasPassword());
  await accounts.setPassword('administrator', 'administrator 1');
  await accounts.setPassword('viewer', 'only looking 1');
  t.is(await accounts.roleOf('administrator 1'), 'administrator');
  t.is(await accounts.roleOf('only looking 1'), 'viewer');
  t.is(await accounts.roleOf('somebody else'), undefined);
  await t.throwsAsync(accounts.setPassword('viewer', 'administrator 1'), {
    message: /password of the administrator already/,
  });
  t.is(statSync(path).mode & 0o777, 0o600);
  t.notRegex(readFileSync(path, 'utf8'), /administrator 1|looking/);
  await accounts.removeViewer();
  t.is(await openAccounts(path).roleOf('only looking 1'), undefined);
  t.is(await openAccounts(path).roleOf('administrator 1'), 'administrator');
});

test('wrong tries cost a growing wait for their address, not for others', (t) => {
  let nowMs = 0;
  const limits = createLoginLimits(() => nowMs);
  const fail = (address: string) => {
    const waitMs = limits.waitMs(address);
    if (waitMs === 0) limits.wrong(address);
    return waitMs;
  };
  t.deepEqual(
    [1, 2, 3, 4].map(() => fail('10.0.0.9')),
    [0, 0, 0, 0],
  );
  t.is(fail('10.0.0.9'), 2000);
  t.is(limits.waitMs('10.0.0.8'), 0);
  nowMs += 2000;
  t.is(fail('10.0.0.9'), 0);
  t.is(fail('10.0.0.9'), 4000);
  nowMs += 4000;
  limits.right('10.0.0.9');
  t.is(limits.waitMs('10.0.0.9'), 0);
});

test('many addresses together get no more than one try a second after a burst', (t) => {
  let nowMs = 0;
  const limits = createLoginLimits(() => nowMs);
  let admitted = 0;
  for (let second = 0; second < 60; second++) {
    for (let one = 0; one < 50; one++) {
      const address = `10.${second}.${one}.1`;
      if (limits.waitMs(address) > 0) continue;
      limits.wrong(address);
      admitted += 1;
    }
    nowMs += 1000;
  }
  t.true(admitted <= 70, `${admitted}`);
  t.true(admitted >= 60, `${admitted}`);
});

test('an IPv6 household is one address, and IPv4 within IPv6 is its own', (t) => {
  const limits = createLoginLimits(() => 0);
  for (let one = 1; one <= 4; one++) limits.wrong(`2001:db8:1:2::${one}`);
  t.true(limits.waitMs('2001:db8:1:2:ffff::9') > 0);
  t.is(limits.waitMs('2001:db8:1:3::9'), 0);
  for (let one = 1; one <= 4; one++) limits.wrong('::ffff:192.0.2.7');
  t.true(limits.waitMs('192.0.2.7') > 0);
});

test('a session is found by its token only, outlives a restart, and ends when it is revoked', async (t) => {
  const path = join(temporaryFolder(t), 'sessions.json');
  const nowMs = 1_000_000;
  const sessions = openSessions({ path, logger: silentLogger, now: () => nowMs });
  const token = sessions.create('viewer', { address: '10.0.0.9', browser: 'Firefox', passwordMark: 'm1' });
  const mark = () => 'm1';
  const found = sessions.find(token, mark)!;
  t.is(
    sessions.find(token, () => 'm2'),
    undefined,
    'the password was changed',
  );
  t.is(found.role, 'viewer');
  t.is(sessions.find(`${token.slice(0, -1)}x`, mark), undefined);
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 5));
  t.false(readFileSync(path, 'utf8').includes(token));
  const again = openSessions({ path, logger: silentLogger, now: () => nowMs });
  t.is(again.find(token, mark)?.id, found.id);
  const ended: string[] = [];
  again.onEnd((id) => ended.push(id));
  t.true(again.revoke(found.id));
  t.is(again.find(token, mark), undefined);
  t.deepEqual(ended, [found.id]);
  t.false(again.revoke(found.id));
});

test('a session that nobody used for a month is over; the oldest goes when there are too many', (t) => {
  let nowMs = 0;
  const sessions = openSessions({ path: join(temporaryFolder(t), 's.json'), logger: silentLogger, now: () => nowMs });
  const from = { address: 'a', browser: 'b', passwordMark: 'm' };
  const mark = () => 'm';
  const first = sessions.create('administrator', from);
  nowMs += 31 * 86_400_000;
  t.is(sessions.find(first, mark), undefined);
  const tokens = Array.from({ length: 51 }, () => {
    nowMs += 1;
    return sessions.create('administrator', from);
  });
  t.is(sessions.find(tokens[0]!, mark), undefined);
  t.is(sessions.list().length, 50);
});

test('damaged sessions mean that everybody logs in anew, and that is said', (t) => {
  for (const text of ['nonsense', '[{"id":1}]', '{}']) {
    const path = join(temporaryFolder(t), 's.json');
    writeFileSync(path, text);
    const warned: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => void warned.push(line) };
    t.deepEqual(openSessions({ path, logger }).list(), []);
    t.regex(warned.join(), /everybody logs in anew/);
  }
});
