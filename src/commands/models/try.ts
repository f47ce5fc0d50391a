/** `goby models try`: what a model answers to photos, in each of the usual ways to give it pixels. */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../../config/config-options.ts';
import { exitCode, isExpected, sentence } from '../../errors.ts';
import { createWorkerEngine } from '../../flow/infer/worker-engine.ts';
import { silentLogger } from '../../logger.ts';
import { resolveModel } from '../../models/resolve.ts';
import { fractionOption, wholeOption } from '../../terminal/number-options.ts';
import { table } from '../../terminal/table.ts';
import { type ChoiceAnswer, createChoiceTrial } from '../../workshop/inspect/pixel-choices.ts';
import { printJson } from '../options/model-options.ts';

interface TryOptions extends ConfigOptions {
  readonly labels?: string;
  readonly top: number;
  readonly minScore: number;
  readonly json?: boolean;
}

export function tryCommand(): Command {
  return addConfigOptions(new Command('try'))
    .description('show what a model answers to photos, in each of the usual ways to give it pixels')
    .argument('<model>', 'path of a .tflite file or an export, or a name of the catalog or of models.own')
    .argument('<photo...>', 'photos of things that the model should know')
    .option('--labels <file>', 'label file')
    .option('--top <count>', 'how many answers to tell', wholeOption('--top', 1, 20), 3)
    .option('--min-score <score>', 'leave out answers below this score', fractionOption('--min-score'), 0.05)
    .option('--json', 'print one JSON object a photo')
    .addHelpText(
      'after',
      '\nExample:\n  goby models try flowers.tflite rose.jpg tulip.jpg\n\nThe row whose answers are right is the one to set under models.own; the star marks what goby does by itself.',
    )
    .action(tryModel);
}

async function tryModel(name: string, photos: readonly string[], options: TryOptions): Promise<void> {
  const { config, places } = configFrom(options);
  const model = await resolveModel({ name, config: config.models, places, labelsFile: options.labels });
  const engine = createWorkerEngine({
    config: { ...config.infer, edgetpu: 'off', deadlineMs: 60_000 },
    library: config.infer.library ?? places.runtimeLibrary,
    logger: silentLogger,
  });
  try {
    const loaded = await engine.load(model.pair);
    const { minScore, top: count } = options;
    const answer = createChoiceTrial({ model, loaded, engine, minScore, count });
    for (const photo of photos) {
      try {
        const answers = await answer(photo);
        if (options.json === true) printJson({ photo, model: model.name, answers: answers.map(plain) });
        else console.log(`${photo}\n${text(answers, count)}\n`);
      } catch (error) {
        if (!isExpected(error)) throw error;
        console.error(`goby: ${sentence(error)}`);
        process.exitCode = exitCode.failed;
      }
    }
    if (options.json !== true) console.log('* what goby does by itself; `goby models inspect` says why');
  } finally {
    await engine.stop();
  }
}

function plain({ choice: { name, setting, isUsed }, detections }: ChoiceAnswer) {
  return { pixels: name, setting, isUsed, detections };
}

function text(answers: readonly ChoiceAnswer[], count: number): string {
  const places = Array.from({ length: count }, (_, at) => (at === 0 ? 'answer' : ''));
  const rows = answers.map(({ choice: { name, setting, isUsed }, detections }) => [
    `${isUsed ? '*' : ' '} ${name}`,
    ...places.map((_, at) => {
      const found = detections[at];
      return found === undefined ? '' : `${found.score.toFixed(3)} ${found.label}`;
    }),
    setting,
  ]);
  return table(['  pixels', ...places, 'setting'], rows);
}
