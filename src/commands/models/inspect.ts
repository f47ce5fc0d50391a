/** `goby models inspect`: what is inside a .tflite file, what it costs, and who can run it. */
import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../../config/config-options.ts';
import { InputError, sentence } from '../../errors.ts';
import { createWorkerEngine } from '../../flow/infer/worker-engine.ts';
import { silentLogger } from '../../logger.ts';
import { type CatalogEntry, loadCatalog } from '../../models/catalog.ts';
import { applyRecipes } from '../../models/derived/apply-recipes.ts';
import { derive } from '../../models/derived/derive.ts';
import { recipes } from '../../models/derived/recipes.ts';
import { readFacts } from '../../models/facts/model-facts.ts';
import { entryOfFile } from '../../models/known-file.ts';
import { type ModelFile, ownPath } from '../../models/model-file.ts';
import { modelFromPath, type OwnFiles, readOwnFiles } from '../../models/own-model.ts';
import { absentTensor } from '../../models/tflite-file/check-indices.ts';
import { type DelegateCoverage, delegateCoverage } from '../../models/tflite-file/delegate-coverage.ts';
import { graphDrawing } from '../../models/tflite-file/graph-drawing.ts';
import { type ModelCost, modelCost } from '../../models/tflite-file/operator-cost.ts';
import { quantizationText } from '../../models/tflite-file/quantization-text.ts';
import { readModel } from '../../models/tflite-file/read-model.ts';
import type { Tensor } from '../../models/tflite-file/schema.ts';
import { constantBytes, mainGraph, type TfliteModel } from '../../models/tflite-file/tflite-model.ts';
import { table } from '../../terminal/table.ts';
import { factsWords, isUsable, recipeWords, runWords, type Words } from '../../workshop/inspect/model-words.ts';
import { countSameAnswers, sameAnswerWords } from '../../workshop/inspect/same-answers.ts';

interface InspectOptions extends ConfigOptions {
  readonly tensors?: boolean;
  readonly json?: boolean;
  readonly graphviz?: string;
  readonly photos?: string;
}

export function inspectCommand(): Command {
  return addConfigOptions(new Command('inspect'))
    .description('show what a .tflite file is, how goby runs it, its operators, tensors, quantization and cost')
    .argument('<file>', '.tflite file, or an export (.zip) with one inside')
    .option('--tensors', 'list every tensor, not only inputs and outputs')
    .option('--json', 'print one JSON object')
    .option('--photos <folder>', 'count how often a classifier answers as its file does on the built-in kernels')
    .option('--graphviz <file>', 'write a drawing for Graphviz (dot -Tsvg FILE)')
    .addHelpText('after', '\nExample:\n  goby models inspect detector.tflite --graphviz detector.dot')
    .action(async (file: string, options: InspectOptions) => {
      const { places } = configFrom(options);
      const { cpu, bytes, archived } = await readOwnFiles(resolve(file), 'The model', places);
      const model = readModel(bytes, file);
      const cost = modelCost(model);
      const coverage = delegateCoverage(model);
      if (options.graphviz !== undefined) writeFile(options.graphviz, graphDrawing(model, basename(file)));
      const { sha256 } = cpu;
      const facts = readFacts(bytes, { name: basename(file) });
      const known = await entryOfFile(ownPath(cpu), loadCatalog(places.root));
      if (options.json === true) {
        const derived = applyRecipes(model, recipes).applied;
        const whole = {
          ...report({ file, sha256, bytes: bytes.length, model, cost, coverage }),
          catalog: known?.name,
          facts,
          derived,
        };
        console.log(JSON.stringify(whole, undefined, 2));
        return;
      }
      console.log(operatorTable(model, cost, coverage));
      console.log(`\n${tensorTable(model, options.tensors === true)}`);
      console.log(`\n${summary(bytes.length, sha256, model, cost, coverage).join('\n')}`);
      const words = [
        ...archiveWords(cpu, archived),
        ...catalogWords(known, facts.labels !== undefined),
        ...factsWords(facts),
        ...recipeWords(model),
        ...(await runs(cpu, isUsable(facts), options)),
        ...(options.photos === undefined ? [] : await agreementWords(cpu.path, options.photos, options)),
      ];
      console.log(`\n${words.map(([word, what]) => `${word.padEnd(14)} ${what}`).join('\n')}`);
    });
}

/** In the worker, with the file that would run: the derived one where there is one. */
async function runs(source: ModelFile, usable: boolean, options: InspectOptions): Promise<Words> {
  const { config, places } = configFrom(options);
  const engine = createWorkerEngine({
    config: { ...config.infer, edgetpu: 'off' },
    library: config.infer.library ?? places.runtimeLibrary,
    logger: silentLogger,
  });
  try {
    const cpu = await derive(source, { places });
    return await runWords(engine, { pair: { name: basename(source.path), cpu } }, usable);
  } finally {
    await engine.stop();
  }
}

async function agreementWords(path: string, folder: string, options: InspectOptions): Promise<Words> {
  const { config, places } = configFrom(options);
  const model = await modelFromPath(path, { places });
  const open = (builtInKernels: boolean) =>
    createWorkerEngine({
      config: { ...config.infer, edgetpu: 'off', deadlineMs: 60_000 },
      library: config.infer.library ?? places.runtimeLibrary,
      logger: silentLogger,
      builtInKernels,
    });
  const derived = { ...model, pair: { name: model.name, cpu: await derive(model.pair.cpu, { places }) } };
  return sameAnswerWords(await countSameAnswers({ model, derived, folder, open }));
}

/** A copy of a catalog's file has the catalog's labels where none are inside or given. */
function catalogWords(known: CatalogEntry | undefined, hasLabels: boolean): Words {
  if (known === undefined) return [];
  const labels =
    known.labels === undefined || hasLabels ? '' : `; where no others are given, labels of ${known.labels}`;
  return [['catalog', `${known.name}, byte by byte${labels}`]];
}

/** Which file of an export it is, and the labels beside it. */
function archiveWords({ derivedFrom }: ModelFile, archived: OwnFiles['archived']): Words {
  if (derivedFrom === undefined) return [];
  const labels = archived === undefined ? 'no labels' : `${archived.labels.length} labels in ${archived.file}`;
  return [['archive', `${derivedFrom.changes.join(', ')}, SHA-256 ${derivedFrom.sha256}; ${labels}`]];
}

function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new InputError(`${file} can't be written: ${sentence(error)}.`, { cause: error });
  }
}

const shapeText = (tensor: Tensor | undefined): string => (tensor === undefined ? '-' : tensor.shape.join('x') || '1');

function operatorTable(model: TfliteModel, cost: ModelCost, coverage: DelegateCoverage): string {
  const graph = mainGraph(model);
  const rows = graph.operators.map((operator, index) => {
    const { name, macs, parameters } = cost.operators[index]!;
    const inputs = operator.inputs.filter((at) => at !== absentTensor).map((at) => graph.tensors[at]!);
    const flowing = inputs.filter((tensor) => constantBytes(model, tensor).length === 0);
    return [
      index,
      name,
      model.operatorCodes[operator.opcodeIndex]!.version,
      flowing.map(shapeText).join(' + '),
      operator.outputs.map((at) => shapeText(graph.tensors[at])).join(' + '),
      macs.toLocaleString('en'),
      parameters.toLocaleString('en'),
      coverage.xnnpack[index] ?? 'yes',
    ];
  });
  return table(['#', 'operator', 'v', 'in', 'out', 'MACs', 'parameters', 'XNNPACK'], rows);
}

function tensorTable(model: TfliteModel, all: boolean): string {
  const graph = mainGraph(model);
  const rows = graph.tensors
    .map((tensor, index) => ({ tensor, index, role: roleOf(model, index) }))
    .filter(({ role }) => all || role === 'input' || role === 'output')
    .map(({ tensor, index, role }) => [
      index,
      role,
      tensor.name ?? '',
      shapeText(tensor),
      tensor.type.toLowerCase(),
      quantizationText(tensor),
    ]);
  return table(['tensor', 'role', 'name', 'shape', 'type', 'real value'], rows);
}

function roleOf(model: TfliteModel, index: number): string {
  const graph = mainGraph(model);
  if (graph.inputs.includes(index)) return 'input';
  if (graph.outputs.includes(index)) return 'output';
  const tensor = graph.tensors[index]!;
  if (tensor.isVariable) return 'variable';
  return constantBytes(model, tensor).length > 0 ? 'constant' : 'inner';
}

function summary(
  bytes: number,
  sha256: string,
  model: TfliteModel,
  cost: ModelCost,
  { xnnpack, compiledForEdgeTpu }: DelegateCoverage,
): string[] {
  const taken = xnnpack.filter((reason) => reason === undefined).length;
  const macsTaken = cost.operators.reduce((sum, { macs }, at) => sum + (xnnpack[at] === undefined ? macs : 0), 0);
  const share = cost.macs === 0 ? '' : `, ${Math.round((100 * macsTaken) / cost.macs)} % of the MACs`;
  return [
    ...(model.description === undefined ? [] : [`description    ${model.description}`]),
    `size           ${bytes.toLocaleString('en')} bytes, sha256 ${sha256}`,
    `MACs           ${(cost.macs / 1e6).toFixed(1)} million${compiledForEdgeTpu ? ' (those on the Edge TPU are hidden)' : ''}`,
    `parameters     ${cost.parameters.toLocaleString('en')}`,
    `XNNPACK        takes ${taken} of ${xnnpack.length} operators${share} (by its rules, not by a run)`,
    `Edge TPU       ${compiledForEdgeTpu ? 'compiled for it' : 'not compiled for it'}`,
    ...(model.metadata ?? []).map(
      ({ name = '', buffer }) => `metadata       ${name}, ${model.buffers[buffer]!.length} bytes`,
    ),
    ...(model.signatureDefs ?? []).map(({ signatureKey = '' }) => `signature      ${signatureKey}`),
  ];
}

/** What --json prints. */
function report(facts: {
  file: string;
  sha256: string;
  bytes: number;
  model: TfliteModel;
  cost: ModelCost;
  coverage: DelegateCoverage;
}) {
  const { model, cost, coverage, ...file } = facts;
  const graph = mainGraph(model);
  return {
    ...file,
    description: model.description,
    macs: cost.macs,
    parameters: cost.parameters,
    compiledForEdgeTpu: coverage.compiledForEdgeTpu,
    operators: cost.operators.map((operator, at) => ({
      ...operator,
      inputs: graph.operators[at]!.inputs,
      outputs: graph.operators[at]!.outputs,
      xnnpack: coverage.xnnpack[at] === undefined,
      ...(coverage.xnnpack[at] === undefined ? {} : { whyNotXnnpack: coverage.xnnpack[at] }),
    })),
    tensors: graph.tensors.map(({ name, shape, type, quantization }, index) => ({
      index,
      name,
      role: roleOf(model, index),
      shape,
      type: type.toLowerCase(),
      ...(quantization?.scale === undefined
        ? {}
        : { scale: quantization.scale, zeroPoint: quantization.zeroPoint ?? [] }),
    })),
    metadata: (model.metadata ?? []).map(({ name }) => name),
    signatures: (model.signatureDefs ?? []).map(({ signatureKey }) => signatureKey),
  };
}
