/** `goby detect`: what is where on these photos? */
import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command } from 'commander';
import { annotate } from './annotate.ts';
import { addConfigOptions, type ConfigOptions, configFrom } from './config-options.ts';
import { fractionOption, wholeOption } from './number-options.ts';
import { eachPhoto } from './photo-command.ts';

interface DetectOptions extends ConfigOptions {
  readonly model: string;
  readonly labels?: string;
  readonly minScore: number;
  readonly max: number;
  readonly annotate?: string;
  readonly json?: boolean;
}

export function detectCommand(): Command {
  return addConfigOptions(new Command('detect'))
    .description('say what is where on photos')
    .argument('<file...>', 'photos: JPEG, PNG, WebP and what else sharp reads')
    .option('--model <model>', 'name from the catalog or models.own, or the path of a .tflite file', 'default')
    .option('--labels <file>', 'label file, one label a line')
    .option('--min-score <score>', 'confidence threshold', fractionOption('--min-score'), 0.5)
    .option('--max <count>', 'at most this many detections a photo', wholeOption('--max', 1, 100), 20)
    .option('--annotate <folder>', 'write copies with the boxes drawn into this folder')
    .option('--json', 'one JSON object a photo')
    .addHelpText('after', '\nExample:\n  goby detect front.jpg --min-score 0.4 --annotate out')
    .action(async (files: string[], options: DetectOptions) => {
      const { model, labels, minScore, max, json = false, annotate: folder } = options;
      if (folder !== undefined) await mkdir(folder, { recursive: true });
      process.exitCode = await eachPhoto(
        {
          loaded: configFrom(options),
          model,
          labelsFile: labels,
          task: 'detect',
          fit: 'letterbox',
          files,
          minScore,
          maxDetections: max,
        },
        async (result) => {
          const picture = folder && join(folder, `${basename(result.file, extname(result.file))}.annotated.jpg`);
          if (picture) await annotate(result.file, result.detections, picture);
          if (json) console.log(JSON.stringify(picture ? { ...result, annotated: picture } : result));
          else {
            console.log(
              `${result.file}  (${result.backend}, ${result.invokeMs} ms)${picture ? `  -> ${picture}` : ''}`,
            );
            for (const { label, score, box } of result.detections) {
              console.log(`  ${score.toFixed(3)}  ${label}  [${box?.map((side) => side.toFixed(3)).join(', ')}]`);
            }
          }
        },
      );
    });
}
