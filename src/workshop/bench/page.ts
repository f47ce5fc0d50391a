/** `goby bench page`: what the page costs the device, and how long the first picture takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { findPlaces } from '../../config/places.ts';
import { wholeOption } from '../../terminal/number-options.ts';
import { startProgress } from '../../terminal/progress.ts';
import { table } from '../../terminal/table.ts';
import { describeMachine, machineLine } from './machine.ts';
import { measurePage } from './page/measure-page.ts';
import { readPhotos } from './photos.ts';

interface PageOptions {
  readonly model: string;
  readonly photos?: string;
  readonly seconds: number;
  readonly events: number;
  readonly json?: boolean;
}

export function benchPageCommand(): Command {
  return new Command('page')
    .description('measure the page: memory, detections with viewers, processor time of a viewer, first picture')
    .option('--model <model>', 'catalog name', 'default')
    .option('--photos <folder>', 'photos to use as frames (default: the sample photos)')
    .option('--seconds <seconds>', 'length of each measurement', wholeOption('--seconds', 2, 3600), 15)
    .option('--events <count>', 'events in the store', wholeOption('--events', 0, 1_000_000), 100_000)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  goby bench page --seconds 10')
    .action(benchPage);
}

async function benchPage({ model, photos, seconds, events, json = false }: PageOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'goby-bench-page-'));
  const progress = startProgress('measuring', 100);
  try {
    const result = await measurePage({
      folder,
      frames: await readPhotos(photos ?? findPlaces().photos, 1280, 720),
      model,
      seconds,
      events,
      onStep: (done, of) => progress.update(Math.round((100 * done) / of)),
    });
    progress.end();
    const machine = describeMachine();
    if (json) {
      console.log(JSON.stringify({ machine, model, seconds, events, ...result }));
      return;
    }
    const { memoryBytes, detectionRatio, detectionsPerSecond, viewerCpuShare, picturesPerSecond, firstPictureMs } =
      result;
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`${machineLine(machine)}; ${model}, 1280x720 JPEG, ${seconds} s each\n`);
    console.log(
      table(
        ['measured', 'value'],
        [
          ['memory without page and history', mb(memoryBytes.without)],
          [`more with both, ${events} events, nobody looking`, mb(memoryBytes.with - memoryBytes.without)],
          ['more than that while nobody looks, but somebody did', mb(memoryBytes.nobody - memoryBytes.with)],
          ['more for each of three viewers', mb((memoryBytes.threeViewers - memoryBytes.nobody) / 3)],
          ['more for each of ten viewers', mb((memoryBytes.tenViewers - memoryBytes.nobody) / 10)],
          ['detections a second, nobody looking', detectionsPerSecond.alone.toFixed(1)],
          ['the same with three viewers, by that', detectionRatio.toFixed(3)],
          [
            `processor for a viewer at ${picturesPerSecond.toFixed(1)} pictures a second`,
            `${(100 * viewerCpuShare).toFixed(1)} % of a core`,
          ],
          [
            'opening to the first picture, median and p95',
            `${firstPictureMs.median.toFixed(0)} and ${firstPictureMs.p95.toFixed(0)} ms`,
          ],
        ],
      ),
    );
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}
