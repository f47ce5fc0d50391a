/** What doctor learns of cameras: programs, lists, devices and holders. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { findCameraHolders, holdersText } from '../../../src/flow/capture/camera-holders.ts';
import { parseCameraList } from '../../../src/flow/capture/pi-cameras.ts';
import { probeCameras } from '../../../src/flow/capture/probe-cameras.ts';
import { majorVersion } from '../../../src/flow/capture/short-run.ts';
import { standInEnvironment, temporaryFolder } from '../../flow/capture/cameras-under-test.ts';
import { testRequiring } from '../../requiring.ts';

test('a real process that holds a file open is found by name', async (t) => {
  const file = join(await temporaryFolder(t), 'device');
  await writeFile(file, '');
  const holder = spawn(process.execPath, [
    '-e',
    'fs.openSync(process.argv[1]); console.log(1); setTimeout(() => 0, 1e6)',
    file,
  ]);
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const comm = (await readFile(`/proc/${holder.pid}/comm`, 'utf8')).trim();
  t.deepEqual(await findCameraHolders({ device: file }), [{ pid: holder.pid as number, name: comm, devices: [file] }]);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.deepEqual(await findCameraHolders({ device: file }), []);
});

test('holders of any camera device, the sound server last', async (t) => {
  const proc = await temporaryFolder(t);
  for (const [pid, name, targets] of [
    [301, 'wireplumber', ['/dev/media0', '/dev/null']],
    [812, 'libcamerify', ['/dev/media0', '/dev/video0', '/dev/video0', '/dev/v4l-subdev1', 'socket:[123]']],
    [900, 'bash', ['/dev/pts/0', '/dev/videos', '/tmp/dev/video0']],
  ] as const) {
    await mkdir(join(proc, String(pid), 'fd'), { recursive: true });
    await writeFile(join(proc, String(pid), 'comm'), `${name}\n`);
    for (const [fd, target] of targets.entries()) await symlink(target, join(proc, String(pid), 'fd', String(fd)));
  }
  await mkdir(join(proc, 'sys'));
  const holders = await findCameraHolders({ procRoot: proc });
  t.deepEqual(holders, [
    { pid: 812, name: 'libcamerify', devices: ['/dev/media0', '/dev/v4l-subdev1', '/dev/video0'] },
    { pid: 301, name: 'wireplumber', devices: ['/dev/media0'] },
  ]);
  t.is(holdersText(holders), 'libcamerify (process 812), wireplumber (process 301)');
  t.regex(holdersText([]), /another program that this user can't see/);
  t.deepEqual(await findCameraHolders({ procRoot: '/nowhere' }), []);
});

test('the camera list of rpicam-apps is read, old and new', (t) => {
  const output = `Available cameras
-----------------
0 : imx708_wide [4608x2592 10-bit RGGB] (/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             2304x1296 [56.03 fps - (0, 0)/4608x2592 crop]
1 : ov5647 [2592x1944] (/base/soc/i2c0mux/i2c@1/ov5647@36)
`;
  t.deepEqual(parseCameraList(output), [
    {
      index: 0,
      sensor: 'imx708_wide',
      detail: '4608x2592 10-bit RGGB, /base/axi/pcie@120000/rp1/i2c@88000/imx708@1a',
    },
    { index: 1, sensor: 'ov5647', detail: '2592x1944, /base/soc/i2c0mux/i2c@1/ov5647@36' },
  ]);
  t.deepEqual(parseCameraList('No cameras available!\n'), []);
});

testRequiring([{ kind: 'program', name: 'ffmpeg' }], 'everything at once', async (t) => {
  const env = await standInEnvironment(t, {
    programs: { 'rpicam-vid': 'rpicam-vid', 'libcamera-still': 'rpicam-still', 'rpicam-hello': 'rpicam-hello' },
    withFfmpeg: true,
  });
  const root = await temporaryFolder(t);
  const node = join(root, 'sys', 'class', 'video4linux', 'video3');
  await mkdir(node, { recursive: true });
  await writeFile(join(node, 'name'), 'HD Webcam\n');
  const roots = { sys: join(root, 'sys'), dev: join(root, 'dev'), proc: join(root, 'proc') };
  const probe = await probeCameras({ env, roots });
  t.like(probe.programs[0], { wanted: 'rpicam-vid', found: 'rpicam-vid', version: 'v1.5.0' });
  t.like(probe.programs[1], { wanted: 'rpicam-still', found: 'libcamera-still', package: 'rpicam-apps-lite' });
  t.is(probe.programs[2]?.found, 'ffmpeg');
  t.regex(probe.programs[2]?.version ?? '', /^n?\d+\./);
  t.is(probe.piCameras[0]?.sensor, 'imx219');
  t.is(probe.piCameraProblem, undefined);
  t.deepEqual(
    probe.v4l2Devices.map(({ device, name, usable, reason }) => [basename(device), name, usable, reason]),
    [['video3', 'HD Webcam', false, 'its device file is missing']],
  );
  t.deepEqual(probe.holders, []);
});

test('a machine with nothing', async (t) => {
  const root = await temporaryFolder(t);
  const roots = { sys: root, dev: root, proc: root };
  const probe = await probeCameras({ env: { PATH: root }, roots });
  t.deepEqual(probe, {
    programs: [
      { wanted: 'rpicam-vid', package: 'rpicam-apps-lite' },
      { wanted: 'rpicam-still', package: 'rpicam-apps-lite' },
      { wanted: 'ffmpeg', package: 'ffmpeg' },
    ],
    piCameras: [],
    piCameraProblem: 'rpicam-apps is not installed',
    v4l2Devices: [],
    holders: [],
  });
});

test('major versions', (t) => {
  t.is(majorVersion('5.1.9-0+deb12u1'), 5);
  t.is(majorVersion('n7.1'), 7);
  t.is(majorVersion('N-109469-g62da0b4a74'), undefined);
  t.is(majorVersion(undefined), undefined);
});
