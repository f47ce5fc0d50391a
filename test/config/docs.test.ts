/** What docs/configuration.md shows can be loaded, and it leaves no section out. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { places } from '../requiring.ts';
import { temporaryFolderOfFile } from '../temporary-folder.ts';

const folder = temporaryFolderOfFile();
const page = readFileSync(join(places.root, 'docs', 'configuration.md'), 'utf8');

function load(text: string) {
  const file = join(mkdtempSync(join(folder, 'docs-')), 'goby.yaml');
  writeFileSync(file, text);
  return loadConfig({ file, env: { GOBY_STATE_DIR: folder } });
}

for (const [index, [, block = '']] of [...page.matchAll(/```yaml\n(.*?)```/gs)].entries()) {
  test(`docs/configuration.md: block ${index}, ${block.split('\n')[0]}, can be loaded`, (t) => {
    t.notThrows(() => load(block));
  });
}

const sources = [...page.matchAll(/^\| [^|]+ \| `(\{ type: .*? \})`/gm)].map(([, source = '']) => source);
for (const source of sources) {
  test(`docs/configuration.md: the source ${source} can be loaded`, (t) => {
    const { config } = load(`cameras: { front: { source: ${source} } }`);
    t.is(config.cameras['front']?.source.type, (parse(source) as { type: string }).type as never);
  });
}

test('docs/configuration.md shows every type of source, and names every section', (t) => {
  t.true(sources.length >= 10);
  for (const type of ['rpicam', 'stills', 'ffmpeg', 'snapshot', 'folder']) {
    t.true(
      sources.some((source) => source.includes(`type: ${type}`)),
      type,
    );
  }
  for (const section of Object.keys(configSchema.shape))
    t.regex(page, new RegExp(`(^|[\`\\s])${section}[:\`.]`, 'm'), section);
});
