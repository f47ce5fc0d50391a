/** The Debian package of this machine's architecture: built twice, looked into, and installed into an overlay of the machine. */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { z } from 'zod';
import { type Need, places, serialTestRequiring } from '../requiring.ts';
import { inSandbox } from './sandbox.ts';

const run = promisify(execFile);
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const needs: readonly Need[] = [
  { kind: 'runtime' },
  ...['dpkg-deb', 'npm', `${triplet}-g++`].map((name) => ({ kind: 'program', name }) as const),
];
const minutes = 60_000;

const madeSchema = z
  .array(
    z.object({
      architecture: z.string(),
      file: z.string(),
      bytes: z.int(),
      installedBytes: z.int(),
      sha256: z.string(),
    }),
  )
  .length(1);

let folder = '';
/** The package that the first test builds and the others install. */
let deb = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goby-package-'));
  await mkdir(join(folder, 'base'));
});
test.after.always(() => rm(folder, { recursive: true, force: true }));

async function build(output: string) {
  const { stdout } = await run(
    join(places.root, 'scripts/package'),
    ['--arch', architecture, '--output', output, '--fast', '--json'],
    { env: { ...process.env, SOURCE_DATE_EPOCH: '1790000000' }, maxBuffer: 16 << 20 },
  );
  return madeSchema.parse(JSON.parse(stdout))[0]!;
}

serialTestRequiring(needs, 'scripts/package builds, and the same checkout gives the same bytes', async (t) => {
  t.timeout(8 * minutes);
  const first = await build(join(folder, 'first'));
  const second = await build(join(folder, 'second'));
  t.is(first.sha256, second.sha256);
  t.is(first.bytes, (await stat(first.file)).size);
  deb = first.file;
  t.log(
    `${(first.bytes / 1e6).toFixed(1)} MB with light compression, installed ${(first.installedBytes / 1e6).toFixed(1)} MB`,
  );
});

serialTestRequiring(needs, 'the package is well-formed: owners, modes, times, sums, one architecture', async (t) => {
  const { stdout: listing } = await run('dpkg-deb', ['--contents', deb], {
    maxBuffer: 64 << 20,
    env: { ...process.env, TZ: 'UTC' },
  });
  const entries = listing.trim().split('\n');
  t.true(entries.length > 300);
  for (const entry of entries) {
    const [mode, owner, , date, , name] = entry.split(/\s+/);
    t.is(owner, 'root/root', entry);
    t.is(date, '2026-09-21', entry);
    const runs = ['./usr/bin/goby', './usr/lib/goby/node'].includes(name!);
    t.is(mode, mode!.startsWith('d') ? 'drwxr-xr-x' : runs ? '-rwxr-xr-x' : '-rw-r--r--', entry);
  }
  const names = entries.map((entry) => entry.split(/\s+/)[5]!);
  t.true(names.includes('./usr/lib/goby/node_modules/koffi/src/koffi/src/static.js'));
  t.true(names.includes('./usr/lib/goby/node_modules/epoll/build/Release/epoll.node'));
  t.true(names.includes('./usr/share/man/man1/goby.1.gz') && names.includes('./usr/share/man/man5/goby.yaml.5.gz'));
  const other = process.arch === 'arm64' ? /x64|amd64/ : /arm64|aarch64/;
  t.deepEqual(
    names.filter((name) => other.test(name) || /\.(ts|map|cc)$/.test(name)),
    [],
  );
  const { stdout: fields } = await run('dpkg-deb', ['--field', deb]);
  t.regex(fields, new RegExp(`^Architecture: ${architecture}$`, 'm'));
  t.regex(fields, /^Depends: libc6 \(>= 2\.36\), .*systemd \(>= 252\)/m);
  t.notRegex(fields, /@[A-Z_]+@/);
});

/** Another version of the package, whose settings differ. */
async function newerPackage(output: string): Promise<void> {
  const tree = join(folder, 'newer');
  await run('dpkg-deb', ['--raw-extract', deb, tree]);
  const edit = async (path: string, change: (text: string) => string) =>
    writeFile(join(tree, path), change(await readFile(join(tree, path), 'utf8')));
  await edit('DEBIAN/control', (text) => text.replace(/^Version: .*/m, 'Version: 99.0.0'));
  await edit('etc/goby/goby.yaml', (text) => `${text}\n# the reference has changed\n`);
  await edit('usr/lib/goby/package.json', (text) => text.replace(/"version": "[^"]+"/, '"version": "99.0.0"'));
  await chmod(tree, 0o755);
  await run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z1', '--build', tree, output]);
  await rm(tree, { recursive: true });
}

const quiet = 'export DEBIAN_FRONTEND=noninteractive; deb=/mnt/goby.deb; newer=/mnt/newer.deb';

serialTestRequiring(
  [...needs, { kind: 'overlay' }],
  'installed, interrupted, upgraded, removed and purged by dpkg: settings and state stay until the purge, then nothing',
  async (t) => {
    t.timeout(8 * minutes);
    const shown = join(folder, 'shown');
    await mkdir(shown);
    await copyFile(deb, join(shown, 'goby.deb'));
    await newerPackage(join(shown, 'newer.deb'));
    const script = `
${quiet}
everything() { find /etc /usr /var /opt -xdev \\( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /var/tmp \\) -prune -o -print | grep -v '^/etc/[a-z]*-$' | sort; sort /etc/passwd /etc/group; }
everything >/tmp/before

echo "== interrupted"
timeout --signal=KILL 0.5 dpkg -i "$deb" >/dev/null 2>&1 || echo "ended with $?"
# A killed dpkg holds its lock until it is gone.
while grep -qsx dpkg /proc/[0-9]*/comm; do sleep 0.1; done
dpkg -i "$deb"
goby --version
id -nG goby | tr ' ' '\\n' | sort | tr '\\n' ' '
stat -c '%U %G %a %n' /var/lib/goby /etc/goby /etc/goby/goby.yaml
readlink /etc/systemd/system/multi-user.target.wants/goby.service
dpkg --verify goby | grep -v /usr/share/ || echo "verified"

echo "== back-off"
drop_in=/usr/lib/systemd/system/goby.service.d/back-off.conf
for version in 257 252; do
  printf '#!/bin/sh\necho "systemd %s (x)"\n' "$version" >/usr/local/bin/systemctl
  chmod 755 /usr/local/bin/systemctl
  /var/lib/dpkg/info/goby.postinst triggered
  echo "$version: $(readlink "$drop_in" || echo none)"
done
rm /usr/local/bin/systemctl

echo "== works"
goby check-config | tail -1
goby detect /usr/lib/goby/var/photos/sample1.jpg --json >/tmp/seen.json
grep -Eq '"label": ?"person"' /tmp/seen.json && echo "a person was seen"
/usr/lib/goby/node -e 'require("/usr/lib/goby/node_modules/epoll"); console.log("epoll loads")'

echo "== upgraded"
sed -i 's/^device:/device:\\n  id: my-own/' /etc/goby/goby.yaml
echo kept >/var/lib/goby/overrides.txt
dpkg --force-confold -i "$newer" </dev/null
goby --version
grep -c 'id: my-own' /etc/goby/goby.yaml
cat /var/lib/goby/overrides.txt

echo "== removed"
dpkg -r goby
ls /usr/lib/goby /usr/bin/goby 2>&1 | grep -c 'No such file' || true
cat /var/lib/goby/overrides.txt
grep -c 'id: my-own' /etc/goby/goby.yaml

echo "== purged"
mkdir -p /etc/credstore
echo secret >/etc/credstore/goby.mqtt-password
rmdir --ignore-fail-on-non-empty /etc/credstore
dpkg -P goby
ls /etc/credstore 2>/dev/null | grep goby || echo "no secret"
everything >/tmp/after
diff /tmp/before /tmp/after | grep -v ' /etc/credstore$' | grep '^[<>]' || echo "nothing is left"
`;
    const text = await inSandbox({ base: join(folder, 'base'), folder: shown, script });
    const part = (name: string) => text.split(`== ${name}\n`)[1]?.split('\n== ')[0] ?? '';
    const { version } = JSON.parse(await readFile(join(places.root, 'package.json'), 'utf8')) as { version: string };
    t.regex(part('interrupted'), /ended with 137/, text);
    t.regex(part('interrupted'), new RegExp(`^${version.replaceAll('.', '\\.')}$`, 'm'));
    t.regex(part('interrupted'), /apex goby gpio plugdev video/);
    t.regex(
      part('interrupted'),
      /goby goby 750 \/var\/lib\/goby\nroot root 755 \/etc\/goby\nroot root 644 \/etc\/goby\/goby\.yaml/,
    );
    t.regex(part('interrupted'), /systemd\/system\/goby\.service\nverified/);
    t.regex(part('back-off'), /257: \/usr\/lib\/goby\/systemd\/back-off\.conf\n252: none/);
    t.regex(part('works'), /can be used\.\na person was seen\nepoll loads/);
    t.regex(part('upgraded'), /99\.0\.0\n1\nkept/);
    t.regex(part('removed'), /\n2\nkept\n1$/m);
    t.regex(part('purged'), /no secret\nnothing is left/);
  },
);

serialTestRequiring(
  [...needs, { kind: 'overlay' }],
  'beside an installation from a checkout the package refuses, and leaves it alone',
  async (t) => {
    t.timeout(4 * minutes);
    const shown = join(folder, 'refused');
    await mkdir(shown);
    await copyFile(deb, join(shown, 'goby.deb'));
    const script = `
${quiet}
printf '#!/bin/sh\\n# Made by goby'"'"'s scripts/install.\\n' >/usr/bin/goby
dpkg -i "$deb" 2>&1 && exit 1
cat /usr/bin/goby
dpkg-query -W -f '[\${db:Status-Status}]' goby 2>/dev/null || echo '[unknown]'
ls /usr/lib/goby 2>&1 || true
`;
    const text = await inSandbox({ base: join(folder, 'base'), folder: shown, script });
    t.regex(text, /goby: goby was installed from a checkout; remove that first, .*scripts\/uninstall/);
    t.regex(text, /Made by goby's scripts\/install/);
    t.regex(text, /\[(not-installed|unknown)\]/);
    t.regex(text, /'\/usr\/lib\/goby': No such file/);
  },
);
