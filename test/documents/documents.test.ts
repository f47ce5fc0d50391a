/** README.md, ARCHITECTURE.md, CONTRIBUTING.md, CHANGELOG.md and docs/: whatever they name exists, and every link leads somewhere. */
import test from 'ava';
import { stages } from '../import-graph.ts';
import { places } from '../requiring.ts';
import { dependencyRows, stagesDrawn } from './architecture.ts';
import { commandProblems } from './commands.ts';
import { readDocuments } from './document.ts';
import { knownCommands, knownTopics, manifest, words } from './known.ts';
import { messageProblems } from './messages.ts';
import { linkProblems, pathProblems, reachedFrom } from './paths.ts';
import { settingProblems } from './settings.ts';
import { topicProblems } from './topics.ts';

const { root } = places;
const documents = readDocuments(root);
const byFile = new Map(documents.map((document) => [document.file, document]));
const pages = documents.filter(({ file }) => file.startsWith('docs/'));
const architecture = byFile.get('ARCHITECTURE.md')!;
const mostReadmeLines = 150;

test('every command, option and npm script exists', (t) => {
  t.deepEqual(
    documents.flatMap((document) => commandProblems(document, knownCommands)),
    [],
  );
});

test('every key of the configuration exists', (t) => {
  t.deepEqual(
    documents.flatMap((document) => settingProblems(document, words)),
    [],
  );
});

test('every MQTT topic is one that goby publishes or takes', (t) => {
  const topics = knownTopics();
  t.deepEqual(
    documents.flatMap((document) => topicProblems(document, topics)),
    [],
  );
});

test('every message that a page quotes is one that the program has', (t) => {
  t.deepEqual(
    documents.flatMap((document) => messageProblems(document, words.sources)),
    [],
  );
});

test('every file of the repository exists', (t) => {
  t.deepEqual(
    documents.flatMap((document) => pathProblems(document, root)),
    [],
  );
});

test('every link leads to a file, and to a heading where it names one', (t) => {
  const anchorsOf = (file: string) => byFile.get(file)?.anchors;
  t.deepEqual(
    documents.flatMap((document) => linkProblems(document, root, anchorsOf)),
    [],
  );
});

test('the picture of the flow has the stages of the import table, in its order', (t) => {
  t.deepEqual(stagesDrawn(architecture), Object.keys(stages));
});

test('the tables of dependencies hold exactly those of package.json, each with its use, size and replacement', (t) => {
  const rows = dependencyRows(architecture);
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  t.deepEqual(
    rows.map(({ name }) => name),
    [dependencies, optionalDependencies, devDependencies].flatMap((group) => Object.keys(group)),
  );
  for (const { name, cells } of rows) {
    t.is(cells.length, 3, name);
    t.regex(cells[1]!, /^\d+\.\d\d$/, name);
    t.false(cells.includes(''), name);
  }
});

test('the README is short', (t) => {
  const readme = byFile.get('README.md')!;
  t.true(readme.lines.length - 1 <= mostReadmeLines, `${readme.lines.length - 1} lines`);
});

test('the links of the README lead to every page, directly or through another', (t) => {
  const reached = reachedFrom('README.md', documents);
  t.deepEqual(
    pages.map(({ file }) => file).filter((file) => !reached.has(file)),
    [],
  );
});

test('every page begins with what the reader wants to do', (t) => {
  t.deepEqual(
    pages
      .filter(({ lines }) => !lines[0]?.startsWith('# ') || !lines[2]?.startsWith('**You want to** '))
      .map(({ file }) => file),
    [],
  );
});
