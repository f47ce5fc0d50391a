/** `goby models info`: everything that is known of one model without running it. */
import { Command } from 'commander';
import { configFrom } from '../../config/config-options.ts';
import { hasEdgetpu } from '../../flow/infer/open-engine.ts';
import { catalogEntry, loadCatalog, type PinnedFile } from '../../models/catalog.ts';
import { fitOf } from '../../models/fit.ts';
import type { Model } from '../../models/model.ts';
import { isModelPath } from '../../models/own-model.ts';
import { resolveModel } from '../../models/resolve.ts';
import { lookUp } from '../../models/store.ts';
import { megabytes } from '../../text/megabytes.ts';
import { rangeWords } from '../../workshop/inspect/model-words.ts';
import { type ModelsOptions, printJson, withModelsOptions } from '../options/model-options.ts';

export function infoCommand(): Command {
  return withModelsOptions(
    new Command('info').description('show what is known of a model: use, files, hashes, licence'),
  )
    .argument('<name>', 'a name from `goby models list`, or the path of a .tflite file')
    .addHelpText('after', '\nExamples:\n  goby models info default\n  goby models info ./mine.tflite --json')
    .action(async (name: string, options: ModelsOptions) => {
      const info = await infoOf(name, configFrom(options));
      if (options.json) printJson(info);
      else console.log(text(info));
    });
}

type Facts = Readonly<Record<string, string | number | boolean>>;

interface ModelInfo extends Facts {}

async function infoOf(name: string, loaded: ReturnType<typeof configFrom>): Promise<ModelInfo> {
  const { config, places } = loaded;
  const own = Object.hasOwn(config.models.own, name) ? config.models.own[name] : undefined;
  if (own !== undefined || isModelPath(name)) {
    return ownInfo(await resolveModel({ name, config: config.models, places }));
  }
  const catalog = loadCatalog(places.root);
  const entry = catalogEntry(catalog, name, hasEdgetpu(loaded.config.infer));
  const classes = entry.labels === undefined ? undefined : catalog.labels[entry.labels]?.classes;
  const files = lookUp(places, entry).flatMap(({ role, pin, path, state }) =>
    Object.entries({
      [role]: path,
      [`${role}State`]: state,
      ...(pin.bytes === undefined ? {} : { [`${role}Bytes`]: pin.bytes }),
      ...(pin.sha256 === undefined ? {} : { [`${role}Sha256`]: pin.sha256 }),
      ...(pin.gitBlob === undefined ? {} : { [`${role}GitBlob`]: pin.gitBlob }),
      [`${role}Source`]: sourceOf(pin),
    }),
  );
  return {
    name: entry.name,
    what: entry.summary,
    task: entry.task,
    ...(entry.decoder === undefined ? {} : { decoder: entry.decoder }),
    input: `${entry.input.widthPx}x${entry.input.heightPx}`,
    ...(entry.labels === undefined
      ? {}
      : { labels: `${entry.labels}${classes === undefined ? '' : `, ${classes} classes`}` }),
    ...(entry.feedback === undefined
      ? {}
      : { feedback: entry.feedback.map(({ output, input }) => `output ${output} to input ${input}`).join(', ') }),
    licence: entry.licence,
    source: entry.source,
    ...Object.fromEntries(files),
  };
}

function ownInfo({ name, task, decoder, pair, labels, normalisation, fit, notes = [] }: Model): ModelInfo {
  const { derivedFrom } = pair.cpu;
  return {
    name,
    task,
    decoder,
    ...(labels === undefined ? {} : { labels: `${labels.length} classes` }),
    cpu: pair.cpu.path,
    cpuSha256: pair.cpu.sha256,
    ...(derivedFrom === undefined
      ? {}
      : {
          derivedFrom: derivedFrom.path,
          derivedFromSha256: derivedFrom.sha256,
          derivedBy: `${derivedFrom.recipes.join(', ')}: ${derivedFrom.changes.join('; ')}`,
        }),
    ...(pair.edgetpu === undefined ? {} : { edgetpu: pair.edgetpu.path, edgetpuSha256: pair.edgetpu.sha256 }),
    ...(normalisation === undefined ? {} : { pixels: rangeWords(normalisation) }),
    fit: fitOf({ decoder, ...(fit === undefined ? {} : { fit }) }, 'auto'),
    ...(notes.length === 0 ? {} : { notes: notes.join(' ') }),
  };
}

function sourceOf({ from }: PinnedFile): string {
  if ('recipe' in from) return `built on this machine by the recipe ${from.recipe}`;
  return 'url' in from ? from.url : `npm package ${from.package}, ${from.path}`;
}

/** One fact a line; the words of a key apart, sizes in MB. */
function text(info: ModelInfo): string {
  const lines = Object.entries(info).map(([key, value]) => {
    const words = key
      .replace(/^edgetpu/, 'Edge TPU ')
      .replace(/^cpu/, 'CPU ')
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .replace('Sha256', 'SHA-256')
      .trim();
    return [words, typeof value === 'number' && key.endsWith('Bytes') ? megabytes(value) : String(value)] as const;
  });
  const width = Math.max(...lines.map(([words]) => words.length));
  return lines.map(([words, value]) => `${words.padEnd(width)}  ${value}`).join('\n');
}
