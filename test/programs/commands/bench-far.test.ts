/** `goby bench far`: a film that ffmpeg reads and a real model, as JSON and as a table; clear errors where something is missing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Need, places, testRequiring } from '../../requiring.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const needs: readonly Need[] = [{ kind: 'runtime' }, { kind: 'samples' }, { kind: 'program', name: 'ffmpeg' }];

function benchFar(...args: string[]) {
  return spawnSync(
    process.execPath,
    [
      '--import=tsx',
      join(places.root, 'src', 'main.ts'),
      'bench',
      'far',
      '--model',
      'face-detection-short-range',
      ...args,
    ],
    { cwd: places.root, encoding: 'utf8' },
  );
}

testRequiring(needs, 'a film is measured with regions and without, within the budget', (t) => {
  const videos = temporaryFolder(t);
  const photo = join(places.photos, 'sample1.jpg');
  const scaled = ['-vf', 'scale=320:240', '-pix_fmt', 'yuv420p'];
  const made = spawnSync('ffmpeg', [
    '-loglevel',
    'error',
    '-loop',
    '1',
    '-r',
    '2',
    '-i',
    photo,
    '-t',
    '1.5',
    ...scaled,
    join(videos, 'faces.mp4'),
  ]);
  t.is(made.status, 0);
  const keep = join(videos, 'keep');
  const options = [
    '--videos',
    videos,
    '--label',
    'face',
    '--frames-per-second',
    '2',
    '--max-inferences',
    '3',
    '--keep',
    keep,
  ];
  const { status, stdout, stderr } = benchFar(...options, '--json');
  t.is(status, 0, stderr);
  const { films, sha256, regions } = JSON.parse(stdout);
  t.is(regions.maxInferencesPerFrame, 3);
  t.regex(sha256, /^[0-9a-f]{64}$/);
  t.is(films.length, 1);
  const [{ film, widthPx, withRegions, wholeFrame }] = films;
  t.like({ film, widthPx }, { film: 'faces.mp4', widthPx: 320 });
  t.true(withRegions.frames >= 2 && withRegions.there > 0);
  t.true(withRegions.found >= wholeFrame.found && withRegions.inferences.most <= 3);
  t.is(wholeFrame.inferences.most, 1);
  // What was kept serves the next run.
  const again = benchFar(...options);
  t.regex(again.stdout, /faces\.mp4: 320x240/);
  t.regex(again.stdout, /found +\d/);
});

testRequiring(
  [{ kind: 'runtime' }],
  'without films or photos, and with a folder that is not there, it says what to give',
  (t) => {
    const none = benchFar();
    t.is(none.status, 78);
    t.regex(none.stderr, /needs --videos FOLDER, --dataset FOLDER or both/);
    const missing = benchFar('--videos', join(temporaryFolder(t), 'films'));
    t.not(missing.status, 0);
    t.regex(missing.stderr, /--videos: the folder .*films can't be read/);
    t.notRegex(missing.stderr, / at /);
    const empty = benchFar('--videos', temporaryFolder(t));
    t.regex(empty.stderr, /has no films/);
  },
);
