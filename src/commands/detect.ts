/** `goby detect`: what is where on these photos? */
import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command } from 'commander';
import { addConfigOptions, type ConfigOptions, configFrom } from '../config/config-options.ts';
import type { Detection } from '../flow/interpret/detection.ts';
import { fractionOption, wholeOption } from '../terminal/number-options.ts';
import { annotate } from '../workshop/photos/annotate.ts';
import { eachPhoto, type PhotoResult } from '../workshop/photos/photo-command.ts';
import { parseStage, type WantedStage } from '../workshop/photos/photo-estimates.ts';
import { addFitOption, type FitOptions } from './options/fit-option.ts';

interface DetectOptions extends ConfigOptions, FitOptions {
  readonly model: string;
  readonly labels?: string;
  readonly minScore: number;
  readonly max: number;
  readonly tiles?: boolean;
  readonly annotate?: string;
  readonly secondStage?: readonly WantedStage[];
  readonly json?: boolean;
}

export function detectCommand(): Command {
  return addFitOption(addConfigOptions(new Command('detect')))
    .description('say what is where on photos')
    .argument('<file...>', 'photos: JPEG, PNG, WebP and what else sharp reads')
    .option('--model <model>', 'name from the catalog or models.own, or the path of a .tflite file', 'default')
    .option('--labels <file>', 'label file, one label a line')
    .option('--min-score <score>', 'confidence threshold', fractionOption('--min-score'), 0.5)
    .option('--max <count>', 'at most this many detections a photo', wholeOption('--max', 1, 100), 20)
    .option(
      '--tiles',
      'also look at overlapping tiles of each photo: finds small things, and takes an inference a tile',
    )
    .option('--annotate <folder>', 'write copies with the boxes, and the tiles, drawn into this folder')
    .option(
      '--second-stage <[label=]model>',
      'also estimate something of each detection, or of those with this label, such as face=face-gender-age; repeatable',
      (text: string, before: readonly WantedStage[] = []) => [...before, parseStage(text)],
    )
    .option('--json', 'one JSON object a photo')
    .addHelpText(
      'after',
      `
Examples:
  goby detect front.jpg --min-score 0.4 --annotate out
  goby detect street.jpg --tiles --max 100 --annotate out
  goby detect front.jpg --model face-detection-short-range --second-stage face-gender-age --second-stage face-emotion

What a second stage says is an estimate: it may be wrong about anybody.`,
    )
    .action(async (files: string[], options: DetectOptions) => {
      const { model, labels, minScore, max, json = false, secondStage: stages = [] } = options;
      const { annotate: folder, tiles = false } = options;
      if (folder !== undefined) await mkdir(folder, { recursive: true });
      process.exitCode = await eachPhoto(
        {
          loaded: configFrom(options),
          model,
          labelsFile: labels,
          task: 'detect',
          fit: options.fit,
          files,
          minScore,
          maxDetections: max,
          tiles,
          stages,
        },
        async (result) => {
          const picture = folder && join(folder, `${basename(result.file, extname(result.file))}.annotated.jpg`);
          if (picture) await annotate(result.file, result, picture);
          if (json) console.log(JSON.stringify(resultPayload(result, picture)));
          else {
            const inferences = result.regions === undefined ? '' : `${result.regions.length} inferences, `;
            console.log(
              `${result.file}  (${inferences}${result.backend}, ${result.invokeMs} ms)${picture ? `  -> ${picture}` : ''}`,
            );
            for (const detection of result.detections) console.log(`  ${detectionLine(detection)}`);
          }
        },
      );
    });
}

/** As the agent's messages say it: each detection with the tile that showed it. */
function resultPayload({ detections, ...rest }: PhotoResult, annotated: string | undefined): object {
  return {
    ...rest,
    detections: detections.map(({ seenIn, cut: _cut, ...detection }) => {
      const region = rest.regions?.[seenIn?.[0] ?? -1];
      return region === undefined ? detection : { ...detection, region };
    }),
    ...(annotated ? { annotated } : {}),
  };
}

/** `0.912  face  [0.320, 0.110, 0.580, 0.550]  estimates: gender female 0.97, age 31` */
function detectionLine({ label, score, box, estimates = [] }: Detection): string {
  const guesses = estimates.map(({ name, value, score: sure }) => {
    const told = typeof value === 'number' ? value.toFixed(0) : value;
    return `${name} ${told}${sure === undefined ? '' : ` ${sure.toFixed(2)}`}`;
  });
  return [
    `${score.toFixed(3)}  ${label}  [${box?.map((side) => side.toFixed(3)).join(', ')}]`,
    ...(guesses.length === 0 ? [] : [`estimates: ${guesses.join(', ')}`]),
  ].join('  ');
}
