/**
 * Whoever took over the user goby waits for root: plants links, libraries and settings where goby may write, and root then runs
 * goby's commands. Each way that was found is played here under two users.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { importSettings } from '../../../src/system/first-boot/import-settings.ts';
import { createTarget } from '../../../src/system/first-boot/target.ts';
import { places, serialTestRequiring } from '../../requiring.ts';
import { attacker, machine, secretText } from './attacker.ts';

const root = [{ kind: 'root' }] as const;

/** A library that notes who loads it. */
const witness = `#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
  FILE *file = fopen(WITNESS, "a");
  if (file) { fprintf(file, "%d %d\\n", getuid(), getgid()); fclose(file); }
}
`;

serialTestRequiring(
  [...root, { kind: 'program', name: 'cc' }],
  'sudo goby doctor: a library in overrides.yaml is not loaded, and one in a folder of goby only as goby',
  async (t) => {
    const { folder, stateDir, rootsFolder, attack, goby } = machine(t);
    const seen = join(stateDir, 'seen');
    const library = join(stateDir, 'evil.so');
    writeFileSync(join(folder, 'evil.c'), witness);
    const made = spawnSync('cc', [
      ...['-shared', '-fPIC', `-DWITNESS="${seen}"`, '-o', join(folder, 'evil.so'), join(folder, 'evil.c')],
    ]);
    t.is(made.status, 0, String(made.stderr));
    attack(`cp ${join(folder, 'evil.so')} evil.so; printf 'infer: { library: ${library} }' > overrides.yaml`);
    const file = join(rootsFolder, 'goby.yaml');
    writeFileSync(file, 'cameras: { front: { source: { type: folder, path: . } } }\nmqtt: { broker: off }\n');
    const { text } = await goby(['doctor', '--config', file]);
    t.regex(text, /its key infer\.library is none that can be set over MQTT or by goby\.txt/);
    t.false(existsSync(seen), 'loaded from overrides.yaml');

    // The administrator's own mistake: a library in goby's folder, named in root's own file.
    writeFileSync(file, `infer: { library: ${library} }\nmqtt: { broker: off }\n`);
    await goby(['doctor', '--config', file]);
    const users = existsSync(seen) ? readFileSync(seen, 'utf8').trim().split('\n') : [];
    t.true(users.length > 0, 'the library was tried');
    t.deepEqual([...new Set(users)], [`${attacker} ${attacker}`]);
  },
);

serialTestRequiring(root, 'sudo goby models pull: a part file that is a link is not written through', async (t) => {
  const { secret, rootsFolder, attack, goby } = machine(t);
  const server = createServer((_request, response) => response.end('evil evil evil'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const file = join(rootsFolder, 'goby.yaml');
  writeFileSync(file, `models: { mirror: "http://127.0.0.1:${(server.address() as AddressInfo).port}/" }\n`);
  const { name, part } = unfetched();
  attack(`mkdir -p models/${name}; ln -s ${secret} models/${name}/${part}`);
  const { code, text } = await goby(['models', 'pull', name, '--config', file]);
  t.not(code, 0, text);
  t.is(readFileSync(secret, 'utf8'), secretText);
  t.is(statSync(secret).uid, 0);
  t.regex(text, /it was tried as the user/);
});

serialTestRequiring(
  root,
  'sudo goby web password: a folder that is a link leads nowhere that goby could not go',
  async (t) => {
    const { rootsFolder, stateDir, attack, goby } = machine(t);
    attack(`ln -s ${rootsFolder} web`);
    const { code, text } = await goby(['web', 'password'], 'three quiet words\n');
    t.not(code, 0);
    t.regex(text, /it was tried as the user/);
    t.deepEqual(readdirSync(rootsFolder), []);
    attack('rm web');
    t.is((await goby(['web', 'password'], 'three quiet words\n')).code, 0);
    t.is(statSync(join(stateDir, 'web', 'passwords.json')).uid, attacker, 'the service can read it');
  },
);

/** A model of the catalog that this checkout doesn't have, and the part file of its download. */
function unfetched(): { readonly name: string; readonly part: string } {
  const { models } = JSON.parse(readFileSync(join(places.root, 'models', 'catalog.json'), 'utf8')) as {
    models: { name: string; files: { cpu?: { file: string; from?: unknown } } }[];
  };
  const found = models.find(
    ({ name, files }) =>
      files.cpu?.from !== undefined && places.modelStores.every((store) => !existsSync(join(store, name))),
  );
  return { name: found!.name, part: `${found!.files.cpu!.file}.part` };
}

/** A card whose goby.txt is imported by root, into the attacker's state folder. */
function card(t: Parameters<typeof machine>[0], settings: string) {
  const found = machine(t);
  const boot = join(found.folder, 'boot');
  mkdirSync(boot);
  writeFileSync(join(boot, 'goby.txt'), settings);
  writeFileSync(join(found.rootsFolder, 'passwd'), `goby:x:${attacker}:${attacker}::/:/bin/false\n`);
  writeFileSync(join(found.rootsFolder, 'group'), `goby:x:${attacker}:\n`);
  const target = createTarget(found.folder, () => undefined);
  return { ...found, boot, import: () => importSettings(boot, target) };
}

const settings = 'device_name = Shed\nmqtt_address = mqtt://broker\nweb_password = three quiet words\n';

serialTestRequiring(
  root,
  'goby.txt at boot: links at every name that it writes or reads in the state folder',
  async (t) => {
    const plants = {
      'temporary names': (victim: string) =>
        `mkdir web; for name in overrides.yaml web/passwords.json imported-settings; do ln -s ${victim} $name.new; done`,
      'the files': (victim: string) =>
        `mkdir web; for name in overrides.yaml web/passwords.json imported-settings; do ln -s ${victim} $name; done`,
      'the copy of a damaged one': (victim: string) =>
        `printf 'a: [' > overrides.yaml; ln -s ${victim} overrides.yaml.damaged; ln -s ${victim} overrides.yaml.damaged.new`,
      pipes: () => 'mkfifo overrides.yaml overrides.yaml.new imported-settings; mkdir web; mkfifo web/passwords.json',
      folders: () => 'mkdir -p overrides.yaml.new/below web/passwords.json.new',
    };
    for (const [what, plant] of Object.entries(plants)) {
      const { secret, stateDir, attack, import: run } = card(t, settings);
      attack(plant(secret));
      const { state, problems } = await run();
      t.is(state, 'imported', what);
      t.is(readFileSync(secret, 'utf8'), secretText, what);
      t.like(statSync(secret), { uid: 0, mode: 0o100600 }, what);
      t.notRegex(problems.join('\n'), /could not be written/, what);
      for (const name of ['overrides.yaml', 'web/passwords.json']) {
        t.is(statSync(join(stateDir, name)).uid, attacker, `${what}: ${name}`);
      }
      t.regex(readFileSync(join(stateDir, 'overrides.yaml'), 'utf8'), /broker: mqtt:\/\/broker/, what);
      const copy = join(stateDir, 'overrides.yaml.damaged');
      if (existsSync(copy)) t.notRegex(readFileSync(copy, 'utf8'), /root knows/, what);
      t.is((await run()).state, 'unchanged', `${what}: the stamp is out of the attacker's reach`);
    }
  },
);

serialTestRequiring(
  root,
  'goby.txt at boot: a folder of goby that leads to a folder of root is not written into',
  async (t) => {
    const { rootsFolder, stateDir, attack, import: run } = card(t, settings);
    const before = readdirSync(rootsFolder);
    attack(`ln -s ${rootsFolder} web`);
    const { problems } = await run();
    t.regex(problems.join('\n'), /could not be written/);
    t.deepEqual(
      readdirSync(rootsFolder).filter((name) => !before.includes(name)),
      ['hostname', 'hosts'],
      "only the system's own settings",
    );
    t.false(existsSync(join(stateDir, 'overrides.yaml')), 'the page is not opened without its password');
  },
);

test('what the package and the card run as root keeps nothing in the folder of goby', (t) => {
  const scripts = [
    ...['postinst', 'postrm', 'preinst', 'prerm'].map((name) => `scripts/packaging/debian/${name}`),
    ...['systemd/goby-first-boot', 'scripts/install', 'scripts/uninstall'],
  ];
  for (const script of scripts) {
    const lines = readFileSync(join(places.root, script), 'utf8').split('\n');
    t.deepEqual(
      lines.filter((line) => /\/var\/lib\/goby\//.test(line)),
      [],
      script,
    );
  }
});
