/** `goby classify`: what is on these photos? */
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import { fractionOption, wholeOption } from '../terminal/number-options.ts';
import { takePasted } from '../terminal/pasted-options.ts';
import { labelImage } from '../workshop/photos/pasted-lines.ts';
import { eachPhoto } from '../workshop/photos/photo-command.ts';
import { addFitOption, type FitOptions } from './options/fit-option.ts';

interface ClassifyOptions extends ConfigOptions, FitOptions {
  readonly model: string;
  readonly labels?: string;
  readonly top: number;
  readonly minScore: number;
  readonly json?: boolean;
}

export function classifyCommand(): Command {
  return takePasted(addFitOption(addConfigOptions(new Command('classify'))), labelImage)
    .description('say what is on photos')
    .argument('<file...>', 'photos: JPEG, PNG, WebP and what else sharp reads')
    .requiredOption('--model <model>', 'name from the catalog or models.own, or the path of a .tflite file')
    .option('--labels <file>', 'label file, one label a line')
    .option('--top <count>', 'how many labels to tell', wholeOption('--top', 1, 100), 5)
    .option('--min-score <score>', 'leave out labels below this score', fractionOption('--min-score'), 0.01)
    .option('--json', 'one JSON object a photo')
    .addHelpText('after', '\nExample:\n  goby classify parrot.jpg --model mobilenet_v2_1.0_224_quant --top 3')
    .action(async (files: string[], options: ClassifyOptions) => {
      const { model, labels, top, minScore, json = false } = options;
      process.exitCode = await eachPhoto(
        {
          loaded: configFrom(options),
          model,
          labelsFile: labels,
          task: 'classify',
          fit: options.fit,
          files,
          minScore,
          maxDetections: top,
        },
        async (result) => {
          if (json) console.log(JSON.stringify(result));
          else {
            console.log(`${result.file}  (${result.backend}, ${result.invokeMs} ms)`);
            for (const { label, score } of result.detections) console.log(`  ${score.toFixed(3)}  ${label}`);
          }
        },
      );
    });
}
