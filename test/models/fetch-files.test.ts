/** Mirror, then source; nothing that wasn't pinned ever becomes visible, and a good file is never lost. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { ConfigError, GobyError, InputError, UnavailableError } from '../../src/errors.ts';
import type { PinnedFile } from '../../src/models/catalog.ts';
import { type FetchOptions, type FetchProgress, fetchFiles } from '../../src/models/fetch-files.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { breaking, serve, whole } from './file-server.ts';
import { failingNpm, packingNpm } from './stand-in-npm.ts';

const content = Buffer.from('a model '.repeat(5000));
const sha256 = createHash('sha256').update(content).digest('hex');
const gitBlob = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
const patience = { idleTimeoutMs: 10_000, tries: 2, firstPauseMs: 1 };

function pinAt(url: string, rest: Partial<PinnedFile> = {}): PinnedFile {
  return { file: 'm.tflite', bytes: content.length, sha256, from: { url }, ...rest };
}

function options(rest: Partial<FetchOptions> = {}): FetchOptions {
  return { packages: {}, root: process.cwd(), patience, ...rest };
}

/** Everything in the target's folder. */
function left(target: string): string[] {
  return existsSync(dirname(target)) ? readdirSync(dirname(target)) : [];
}

test('tampered bytes are thrown away, and the good file that stood there stays', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  writeFileSync(target, 'the good old one');
  const tampered = Buffer.from(content);
  tampered[100]! ^= 1;
  const server = await serve(whole(tampered));
  t.teardown(() => server.close());
  await t.throwsAsync(fetchFiles([{ pin: pinAt(`${server.address}/m`), target }], options()), {
    instanceOf: InputError,
    message: /is not the pinned file: it has the SHA-256 .* expected .* thrown away/,
  });
  t.is(readFileSync(target, 'utf8'), 'the good old one');
  t.deepEqual(left(target), ['m.tflite']);
});

test('tampered bytes are found by git blob too, where the size is not known', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  const server = await serve(whole(Buffer.concat([content, Buffer.from('!')])));
  t.teardown(() => server.close());
  const pin = pinAt(`${server.address}/m`, { bytes: undefined, sha256: undefined, gitBlob });
  await t.throwsAsync(fetchFiles([{ pin, target }], options()), { message: /git blob id/ });
  t.deepEqual(left(target), []);
});

test('a truncated transfer leaves a part that the next run completes', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  let fails = true;
  const server = await serve((request, response, self) =>
    fails
      ? (request.headers.range === undefined ? breaking(content, 9000) : breaking(content, 0))(request, response, self)
      : whole(content)(request, response, self),
  );
  t.teardown(() => server.close());
  const wanted = [{ pin: pinAt(`${server.address}/m`), target }];
  await t.throwsAsync(fetchFiles(wanted, options()), { instanceOf: UnavailableError });
  t.deepEqual(left(target), ['m.tflite.part']);
  fails = false;
  await fetchFiles(wanted, options());
  t.deepEqual(readFileSync(target), content);
  t.deepEqual(left(target), ['m.tflite']);
  t.is(server.requests.at(-1)?.range, 'bytes=9000-');
});

test('a part file with wrong bytes costs one more transfer, not the file', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  writeFileSync(`${target}.part`, Buffer.alloc(9000, 1));
  const server = await serve(whole(content));
  t.teardown(() => server.close());
  await fetchFiles([{ pin: pinAt(`${server.address}/m`), target }], options());
  t.deepEqual(readFileSync(target), content);
  t.deepEqual(
    server.requests.map(({ range }) => range),
    ['bytes=9000-', undefined],
  );
});

test('a mirror folder is taken, checked, and left for the source when it is wrong or lacks the file', async (t) => {
  const folder = temporaryFolder(t);
  const mirror = join(folder, 'mirror');
  const target = join(folder, 'store', 'm.tflite');
  mkdirSync(mirror);
  const server = await serve(whole(content));
  t.teardown(() => server.close());
  const wanted = [{ pin: pinAt(`${server.address}/m`), target }];
  const notes: string[] = [];
  const withMirror = options({ mirror, onNote: (note) => notes.push(note) });

  await fetchFiles(wanted, withMirror);
  t.is(server.requests.length, 1);
  t.deepEqual(notes, [], 'a mirror need not have everything');

  writeFileSync(join(mirror, 'm.tflite'), 'something else');
  await fetchFiles(wanted, withMirror);
  t.is(server.requests.length, 2);
  t.regex(notes.join(), /mirror can't be used for m\.tflite: .*has 14 bytes, expected 40000/);

  writeFileSync(join(mirror, 'm.tflite'), content);
  await fetchFiles(wanted, withMirror);
  t.is(server.requests.length, 2, 'the source is not asked');
  t.deepEqual(readFileSync(target), content);
  t.deepEqual(left(target), ['m.tflite']);
});

test('a mirror address is asked for the plain file name, below its own path', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  const server = await serve(whole(content));
  t.teardown(() => server.close());
  await fetchFiles(
    [{ pin: pinAt('https://example.invalid/m'), target }],
    options({ mirror: `${server.address}/goby/models` }),
  );
  t.deepEqual(
    server.requests.map(({ url }) => url),
    ['/goby/models/m.tflite'],
  );
  t.deepEqual(readFileSync(target), content);
});

test('a mirror address with a password logs in, there alone, and neither password nor token is told', async (t) => {
  const target = join(temporaryFolder(t), 'm.tflite');
  const elsewhere = await serve(whole(content));
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = await serve((request, response) => {
    const { url, headers } = request;
    asked.push({ url, authorization: headers.authorization });
    if (url?.startsWith('/refused/')) response.writeHead(403).end();
    else response.writeHead(302, { location: `${elsewhere.address}/moved` }).end();
  });
  t.teardown(() => server.close());
  t.teardown(() => elsewhere.close());
  const host = new URL(server.address).host;
  const wanted = [{ pin: pinAt('https://example.invalid/m'), target }];
  await fetchFiles(wanted, options({ mirror: `http://me:s3/cr@t@${host}/models?token=t0ken` }));
  t.deepEqual(readFileSync(target), content);
  const authorization = `Basic ${Buffer.from('me:s3/cr@t').toString('base64')}`;
  t.deepEqual(asked, [{ url: '/models/m.tflite?token=t0ken', authorization }]);
  t.is(elsewhere.requests[0]?.authorization, undefined);

  const notes: string[] = [];
  const refused = {
    mirror: `http://me:s3cret@${host}/refused?token=t0ken`,
    onNote: (note: string) => notes.push(note),
  };
  const error = await t.throwsAsync(fetchFiles(wanted, options(refused)), { instanceOf: UnavailableError });
  const broken = await t.throwsAsync(fetchFiles(wanted, options({ mirror: 'http://me:s3cret@ho st/' })), {
    instanceOf: ConfigError,
    message: /models\.mirror: expected .* got http:\/\/\*\*\*@ho st/,
  });
  t.regex(notes.join(), /403/);
  t.notRegex([...notes, error.message, broken.message].join(), /s3|t0ken/);
});

test('a place that cannot be written is a sentence, with or without a mirror', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  writeFileSync(join(folder, 'm.tflite'), content);
  const wanted = [{ pin: pinAt('https://example.invalid/m'), target: join(folder, 'file', 'm.tflite') }];
  await t.throwsAsync(fetchFiles(wanted, options({ mirror: folder })), {
    instanceOf: GobyError,
    message: /could not be written/,
  });
  await t.throwsAsync(fetchFiles(wanted, options()), { instanceOf: GobyError, message: /could not be written/ });
});

test('progress covers all files and ends complete', async (t) => {
  const folder = temporaryFolder(t);
  const server = await serve(whole(content));
  t.teardown(() => server.close());
  const seen: FetchProgress[] = [];
  const wanted = ['a', 'b'].map((name) => ({
    pin: pinAt(`${server.address}/${name}`, { file: name }),
    target: join(folder, name),
  }));
  await fetchFiles(wanted, options({ onProgress: (progress) => seen.push(progress) }));
  t.true(seen.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes));
  t.deepEqual(seen.at(-1), { doneBytes: 80_000, totalBytes: 80_000, file: 'b' });
});

const packed = [
  { name: 'package/package.json', content: Buffer.from('{}') },
  { name: 'package/data/m.tflite', content },
];
const fromPackage: PinnedFile = {
  file: 'm.tflite',
  bytes: content.length,
  sha256,
  from: { package: 'some', path: 'data/m.tflite' },
};

test('only the listed file is taken out of a package, and npm is told not to run scripts', async (t) => {
  const folder = temporaryFolder(t);
  const { env, integrity, bytes } = packingNpm(join(folder, 'bin'), packed);
  const target = join(folder, 'store', 'm.tflite');
  const packages = { some: { version: '1.2.3', integrity, bytes, licence: 'MIT' } };
  await fetchFiles([{ pin: fromPackage, target }], options({ packages, env }));
  t.deepEqual(readFileSync(target), content);
  t.deepEqual(left(target), ['m.tflite']);
  t.regex(readFileSync(join(folder, 'bin', 'npm-calls'), 'utf8'), /^pack some@1\.2\.3 --ignore-scripts /);
});

test('two files of one package cost one npm pack', async (t) => {
  const folder = temporaryFolder(t);
  const { env, integrity, bytes } = packingNpm(join(folder, 'bin'), packed);
  const json: PinnedFile = {
    file: 'p.json',
    sha256: createHash('sha256').update('{}').digest('hex'),
    from: { package: 'some', path: 'package.json' },
  };
  const packages = { some: { version: '1.2.3', integrity, bytes, licence: 'MIT' } };
  await fetchFiles(
    [fromPackage, json].map((pin) => ({ pin, target: join(folder, pin.file) })),
    options({ packages, env }),
  );
  t.is(
    readFileSync(join(folder, 'bin', 'npm-calls'), 'utf8')
      .trim()
      .split('\n').length,
    1,
  );
  t.is(readFileSync(join(folder, 'p.json'), 'utf8'), '{}');
});

test('a package with another sha512 is not opened', async (t) => {
  const folder = temporaryFolder(t);
  const { env, bytes } = packingNpm(join(folder, 'bin'), packed);
  const target = join(folder, 'm.tflite');
  const packages = { some: { version: '1.2.3', integrity: 'sha512-other', bytes, licence: 'MIT' } };
  await t.throwsAsync(fetchFiles([{ pin: fromPackage, target }], options({ packages, env })), {
    instanceOf: InputError,
    message: /some@1\.2\.3 is not the pinned one: it has sha512-.*, expected sha512-other/,
  });
  t.false(existsSync(target));
});

test('a package without the file, or with another one in its place, gives nothing', async (t) => {
  const folder = temporaryFolder(t);
  const target = join(folder, 'm.tflite');
  for (const [entries, says] of [
    [[packed[0]!], /some@1\.2\.3 lacks data\/m\.tflite/],
    [[{ name: 'package/data/m.tflite', content: Buffer.from('x') }], /data\/m\.tflite of the package some has 1 bytes/],
  ] as const) {
    const { env, integrity, bytes } = packingNpm(join(folder, 'bin'), entries);
    const packages = { some: { version: '1.2.3', integrity, bytes, licence: 'MIT' } };
    await t.throwsAsync(fetchFiles([{ pin: fromPackage, target }], options({ packages, env })), {
      instanceOf: InputError,
      message: says,
    });
    t.false(existsSync(target));
  }
});

test('npm without network is unavailable, npm that is missing too, npm with another trouble is not', async (t) => {
  const folder = temporaryFolder(t);
  const wanted = [{ pin: fromPackage, target: join(folder, 'm.tflite') }];
  const packages = { some: { version: '1.2.3', integrity: 'sha512-x', bytes: 1, licence: 'MIT' } };
  const fetch = (env: NodeJS.ProcessEnv) => fetchFiles(wanted, options({ packages, env }));
  await t.throwsAsync(fetch(failingNpm(join(folder, 'a'))), {
    instanceOf: UnavailableError,
    message: /registry can't be reached .*ENOTFOUND/,
  });
  await t.throwsAsync(fetch({ PATH: folder }), {
    instanceOf: UnavailableError,
    message: /npm can't be started \(ENOENT\)/,
  });
  const other = await t.throwsAsync(fetch(failingNpm(join(folder, 'b'), 'E404')), {
    instanceOf: GobyError,
    message: /could not fetch some@1\.2\.3: E404/,
  });
  t.false(other instanceof UnavailableError);
});
