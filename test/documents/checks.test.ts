/** Each check of the documents finds a wrong sentence of its kind, and lets the right one pass. */
import test from 'ava';
import { places } from '../requiring.ts';
import { dependencyRows, stagesDrawn } from './architecture.ts';
import { commandProblems } from './commands.ts';
import { anchorOf, parseDocument } from './document.ts';
import { knownCommands, knownTopics, words } from './known.ts';
import { messageProblems } from './messages.ts';
import { linkProblems, pathProblems, reachedFrom } from './paths.ts';
import { settingProblems } from './settings.ts';
import { topicProblems } from './topics.ts';

const { root } = places;
const topics = knownTopics();
const page = (...lines: string[]) => parseDocument('docs/page.md', lines.join('\n'));
const shell = (...lines: string[]) => page('```sh', ...lines, '```');
const yaml = (...lines: string[]) => page('```yaml', ...lines, '```');

type Case = readonly [document: ReturnType<typeof page>, problems: readonly string[]];

const commandCases: readonly Case[] = [
  [page('Run `goby classify a.jpg --top 3`.'), []],
  [page('Run `goby clasify a.jpg`.'), ['there is no command goby clasify']],
  [page('Run `goby', 'classify a.jpg --tops 3`.'), ['goby classify has no option --tops']],
  [page('Run `goby models fetch NAME`.'), ['there is no command goby models fetch']],
  [shell('sudo -u goby goby web password --viewer'), []],
  [shell('sudo -u goby goby web passwort'), ['there is no command goby web passwort']],
  [
    shell('GOBY__MQTT__BROKER=off npx goby run --sett mqtt.broker=off  # not --kept'),
    ['goby run has no option --sett'],
  ],
  [shell("echo x | goby train --image_dir=a --set 'a=b --c'"), []],
  [shell('sudo systemctl restart goby && goby docter'), ['there is no command goby docter']],
  [page('', '    npm run test:fault'), ['package.json has no script test:fault']],
  [page('', '    npm run fuzz && npm test'), []],
  [page('The option `--annotated` draws.'), ['no command has an option --annotated']],
  [page('The option `--shor` is quick.'), ['no command has an option --shor']],
  [page('The options `--annotate`, `--no-flip-left-right` and `--short`.'), []],
];

const settingCases: readonly Case[] = [
  [yaml('cameras:', '  front:', '    labels: [person]'), []],
  [yaml('cameras:', '  front:', '    label: [person]'), ['the configuration has no key cameras.front.label']],
  [
    yaml('rules:', '  - { name: a, actions: [{ type: snapshot, off: 1 }] }'),
    ['the configuration has no key rules.actions.off'],
  ],
  [yaml('mqtt: { brokers: x }'), ['the configuration has no key mqtt.brokers']],
  [page('Set `mqtt.passwordFile`, `source.tls.caFile` or `cameras.front.minScore`.'), []],
  [page('Set `mqtt.password`.'), ['the configuration has no key mqtt.password']],
  [page('Set `cameras.front.maxScore`.'), ['the configuration has no key cameras.front.maxScore']],
  [page('Write `snapshots: { enabled: false }`.'), []],
  [
    page('Write `snapshots: { enable: false }`.'),
    ['the configuration has no section with snapshots: { enable: false }'],
  ],
  [page('The key `dwellMs` waits.'), []],
  [page('The key `dwellTimeMs` waits.'), ['nothing in the program is called dwellTimeMs']],
  [shell('GOBY__CAMERAS__FRONT__MINSCORE=1 goby run'), []],
  [shell('GOBY__CAMERAS__FRONT__MINSCOR=1 goby run'), ['nothing reads GOBY__CAMERAS__FRONT__MINSCOR']],
  [page('`GOBY_MODEL_MIRRORS` names it.'), ['nothing reads GOBY_MODEL_MIRRORS']],
];

const topicCases: readonly Case[] = [
  [
    page('`<camera>/events`, `goby/front-door/state`, `request/config-set`, `response/<command>`, `output/led/set`'),
    [],
  ],
  [page('`<camera>/event`'), ['goby has no topic <camera>/event']],
  [page('`request/reboot`'), ['goby has no topic request/reboot']],
  [page('`goby/front-door/status`'), ['goby has no topic goby/front-door/status']],
  [page('`frigate/<camera>/<label>/snapshots`'), ['goby has no topic frigate/<camera>/<label>/snapshots']],
  [
    page('| topic | what |', '|---|---|', '| `telemetry` | a |', '| `temperature` | b |'),
    ['goby has no topic temperature'],
  ],
  [shell("mosquitto_sub -t 'goby/+/response/#' -v & mosquitto_sub -t 'goby/#'"), []],
  [
    shell('mosquitto_pub -t goby/front-door/outputs/led/set -m ON'),
    ['goby has no topic goby/front-door/outputs/led/set'],
  ],
];

const messageCases: readonly Case[] = [
  [page('| you see | it is |', '|---|---|', '| `The camera stalled: no frame came for 10 s` | a |'), []],
  [
    page('| you see | it is |', '|---|---|', '| `The camera has fallen asleep` | a |'),
    ['the program says nothing like "The camera has fallen asleep"'],
  ],
  [page('| you write | it is |', '|---|---|', '| `The camera has fallen asleep` | a |'), []],
];

const pathCases: readonly Case[] = [
  [page('See `src/main.ts`, test/flow and config/examples/*.yaml. Not ../shared/docs/none.md.'), []],
  [page('See `src/mein.ts`.'), ['there is no src/mein.ts']],
  [page('| a | test/programs/nothing.test.ts |'), ['there is no test/programs/nothing.test.ts']],
  [shell('sudo scripts/instal'), ['there is no scripts/instal']],
];

const linkCases: readonly Case[] = [
  [page('# A page', '[a](web.md) [b](../README.md#here) [c](#a-page) [d](https://example.org/x)'), []],
  [page('[a](webb.md)'), ['the link webb.md leads nowhere']],
  [page('[a](../../README.md)'), ['the link ../../README.md leads nowhere']],
  [page('[a](../README.md#there)'), ['README.md has no heading #there']],
  [page('# A page', '[a](#another-page)'), ['docs/page.md has no heading #another-page']],
];

const anchorsOf = (document: Case[0]) => (file: string) =>
  file === 'README.md' ? new Set(['here']) : file === document.file ? document.anchors : undefined;

const checks: Readonly<Record<string, readonly [(document: Case[0]) => string[], readonly Case[]]>> = {
  commands: [(document) => commandProblems(document, knownCommands), commandCases],
  settings: [(document) => settingProblems(document, words), settingCases],
  topics: [(document) => topicProblems(document, topics), topicCases],
  messages: [(document) => messageProblems(document, words.sources), messageCases],
  paths: [(document) => pathProblems(document, root), pathCases],
  links: [(document) => linkProblems(document, root, anchorsOf(document)), linkCases],
};

for (const [kind, [check, cases]] of Object.entries(checks))
  for (const [document, problems] of cases)
    test(`${kind}: ${problems.length === 0 ? 'right' : 'wrong'}: ${document.lines.join(' ')}`, (t) => {
      t.deepEqual(
        check(document).map((problem) => problem.replace(/^docs\/page\.md:\d+: /, '')),
        problems,
      );
    });

test('a page that nobody links to is seen', (t) => {
  const documents = [
    parseDocument('README.md', '[a](docs/a.md#here)'),
    parseDocument('docs/a.md', '[b](b.md)'),
    parseDocument('docs/b.md', '[start](../README.md)'),
    parseDocument('docs/c.md', '[a](a.md)'),
  ];
  t.deepEqual([...reachedFrom('README.md', documents)], ['README.md', 'docs/a.md', 'docs/b.md']);
});

test('a problem names the file and the line', (t) => {
  t.deepEqual(commandProblems(page('# One', '', '```sh', 'goby doctor', 'goby docter', '```'), knownCommands), [
    'docs/page.md:5: there is no command goby docter',
  ]);
});

test('a stage that is left out, renamed or moved in the picture is seen', (t) => {
  const picture = [
    '```',
    'capture   a camera gives ... Frame',
    '  |',
    'second-stage   looks',
    '  +-- act    outputs',
    '```',
  ];
  t.deepEqual(stagesDrawn(page(...picture)), ['capture', 'second-stage', 'act']);
});

test('rows of the tables of dependencies are read with their cells, and of no other table', (t) => {
  const lines = [
    '| `ava` | x |',
    '## Dependencies',
    '| package | for |',
    '|---|---|',
    '| `zod` | checks |  | x |',
    '## Next',
    '| `ws` | x |',
  ];
  t.deepEqual(dependencyRows(page(...lines)), [{ name: 'zod', cells: ['checks', '', 'x'] }]);
});

test('anchors are those of GitHub', (t) => {
  t.is(anchorOf("On a Raspberry Pi, in ten minutes: `goby's`"), 'on-a-raspberry-pi-in-ten-minutes-gobys');
});
