/** What there is to be named: commands, topics, and the text of the program. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { agentRequests } from '../../src/agent/requests/agent-requests.ts';
import { eventRequests } from '../../src/agent/requests/event-requests.ts';
import { lookRequests } from '../../src/agent/requests/look-requests.ts';
import { pageRequests } from '../../src/agent/requests/page-requests.ts';
import { commands } from '../../src/commands/all.ts';
import { frigateTopics } from '../../src/flow/publish/frigate/frigate-payloads.ts';
import { birthTopic } from '../../src/flow/publish/home-assistant/discovery-message.ts';
import { topicsFor } from '../../src/flow/publish/topics.ts';
import { places } from '../requiring.ts';
import type { CommandFacts, KnownCommands } from './commands.ts';

const { commandTree } = (await import(join(places.root, 'scripts/packaging/command-tree.mjs'))) as {
  commandTree(tree: readonly Command[]): CommandFacts[];
};

export interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(readFileSync(join(places.root, 'package.json'), 'utf8')) as Manifest;

function textBelow(folder: string): string {
  return readdirSync(join(places.root, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(tflite|jpg|png|bin)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

const scriptSources = [
  textBelow('scripts'),
  textBelow('test/guest'),
  textBelow('test/fuzz'),
  textBelow('test/faults'),
].join('\n');

export const words = {
  sources: [
    textBelow('src'),
    textBelow('systemd'),
    scriptSources,
    readFileSync(join(places.root, 'test/requiring.ts'), 'utf8'),
  ].join('\n'),
};

export const knownCommands: KnownCommands = {
  tree: commandTree(await commands()),
  npmScripts: Object.keys(manifest.scripts),
  scriptSources,
};

/** Only their names are looked at: nothing behind them is called. */
function requestNames(): string[] {
  const nothing = {} as never;
  const models = { list: nothing, inUse: nothing, use: () => nothing };
  return Object.keys({
    ping: true,
    info: true,
    ...agentRequests({ settings: nothing, threshold: nothing, snapshots: nothing, models, restart: nothing }),
    ...eventRequests(nothing),
    ...lookRequests(nothing),
    ...pageRequests(nothing),
  });
}

/** Below goby/<device id>/, and those of others whole; `*` for names that people choose. */
export function knownTopics(): string[] {
  const [prefix, deviceId, name] = ['prefix', 'device', 'any-name'];
  const { base, requestFilters: _, ...topics } = topicsFor({ prefix, deviceId });
  const requests = new Set(['request', 'response']);
  const own = Object.entries(topics).flatMap(([key, topic]) => {
    if (typeof topic === 'string') return [topic];
    const names = requests.has(key) ? requestNames() : [name];
    return names.map((one) => (topic as (...args: string[]) => string)(one, name));
  });
  const withoutLabel = topics.snapshot(name);
  const frigate = frigateTopics('frigate');
  return [
    ...[...own, withoutLabel].map((topic) => topic.slice(base.length + 1)),
    ...[frigate.available, frigate.events, frigate.count(name, name), frigate.snapshot(name, name)],
    birthTopic('homeassistant'),
  ].map((topic) => topic.replaceAll(name, '*'));
}
