/** Each check of doctor on facts as fakes give them: what a person is told, and how to mend it. */
import test from 'ava';
import { cameraSection } from '../../src/config/camera-section.ts';
import { configSchema, type MqttConfig } from '../../src/config/schema.ts';
import { brokerFinding, checkBroker } from '../../src/doctor/broker.ts';
import { cameraFindings, checkCamera } from '../../src/doctor/cameras.ts';
import { checkClock } from '../../src/doctor/clock.ts';
import { checkDisk } from '../../src/doctor/disk.ts';
import { checkEdgetpu, checkInference } from '../../src/doctor/edgetpu.ts';
import { type Finding, findingLine } from '../../src/doctor/finding.ts';
import { checkFrames } from '../../src/doctor/frame-cost.ts';
import { checkInput, inputFindings } from '../../src/doctor/inputs.ts';
import { checkModel, checkRuntime, engineFindings } from '../../src/doctor/models.ts';
import { checkOutput, outputFindings } from '../../src/doctor/outputs.ts';
import { checkPage } from '../../src/doctor/page.ts';
import { checkPlatform } from '../../src/doctor/platform.ts';
import { checkPower } from '../../src/doctor/power.ts';
import { checkService } from '../../src/doctor/service.ts';
import type { LineReport } from '../../src/flow/act/open-switch.ts';
import type { CameraProbe } from '../../src/flow/capture/probe-cameras.ts';
import { decodeThrottled } from '../../src/system/measure/throttling.ts';
import { sampleStatus } from '../system/service/agent-status-sample.ts';

const line = (finding: Finding): string =>
  `${finding.level}: ${finding.sentence}${finding.remedy === undefined ? '' : ` ${finding.remedy}`}`;

test('a finding is one line, with its remedy behind it', (t) => {
  const busy: Finding = { part: 'camera front', level: 'fail', sentence: 'Busy:\n  motion has it.', remedy: 'End it.' };
  t.is(findingLine(busy), 'fail  camera front     Busy: | motion has it. End it.');
  t.is(findingLine({ part: 'disk', level: 'ok', sentence: 'Room.' }), 'ok    disk             Room.');
});

test('a 32-bit system gets one sentence, also on a 64-bit kernel; an old Node another', (t) => {
  const facts = { arch: 'arm', nodeVersion: '20.19.2', kernelArch: 'aarch64', system: 'Raspbian GNU/Linux 12' };
  t.is(
    line(checkPlatform(facts)),
    'fail: goby needs a 64-bit system, and this one (Raspbian GNU/Linux 12) runs programs for arm on a 64-bit kernel. Flash Raspberry Pi OS (64-bit).',
  );
  const old = checkPlatform({ ...facts, arch: 'arm64', nodeVersion: '20.18.9' });
  t.regex(line(old), /^fail: Node 20\.18\.9 is older than the 20\.19/);
  t.is(
    line(checkPlatform({ ...facts, arch: 'arm64', nodeVersion: '22.1.0', board: 'Raspberry Pi 4 Model B' })),
    'ok: Raspberry Pi 4 Model B, Raspbian GNU/Linux 12, arm64, Node 22.1.0.',
  );
});

test('a full disk fails, a nearly full one warns, an unknown one is told', (t) => {
  const folder = '/var/lib/goby';
  t.regex(line(checkDisk({ folder, freeBytes: 1e6, totalBytes: 3e10 })), /^fail: The disk is full: 1 MB of 30\.0 GB/);
  t.regex(line(checkDisk({ folder, freeBytes: 2e8, totalBytes: 3e10 })), /^warn: Only 200 MB/);
  t.regex(line(checkDisk({ folder, freeBytes: 2e10, totalBytes: 3e10, writable: false })), /^warn: .* may not write/);
  t.regex(line(checkDisk({ folder })), /^warn: The space of \/var\/lib\/goby can't be told/);
  t.is(
    line(checkDisk({ folder, freeBytes: 2e10, totalBytes: 3e10 })),
    'ok: 20.0 GB of 30.0 GB are free for /var/lib/goby.',
  );
});

test('low voltage now fails; what was since boot, and heat, warn; a machine that can not tell is fine', (t) => {
  const power = (word: string) => checkPower({ telemetry: telemetryOf(word) })[0]!;
  const telemetryOf = (word: string) => {
    const throttling = decodeThrottled(word)!;
    return { throttling, undervoltage: throttling.now.undervoltage, cpuTemperatureC: 60 };
  };
  t.regex(
    line(power('50005')),
    /^fail: The supply's voltage is too low now\. The processor is at 60 °C\. Use the official/,
  );
  t.regex(line(power('50000')), /^warn: The supply's voltage was too low since the last boot/);
  t.regex(line(power('80008')), /^warn: The processor is slowed down now \(temperature limit\).* heat sink/);
  t.regex(line(power('20000')), /^warn: The processor was slowed down since boot \(frequency capped\)/);
  t.regex(line(power('0')), /^ok: Enough voltage/);
  t.regex(line(checkPower({ telemetry: {} })[0]!), /^ok: This machine doesn't tell/);
});

test('a Pi 5 on a weak supply limits its USB ports, which a Coral stick feels', (t) => {
  const board = 'Raspberry Pi 5 Model B Rev 1.0';
  const [, weak] = checkPower({ telemetry: {}, board, supplyMilliamperes: 3000 });
  t.regex(
    line(weak!),
    /^warn: The supply gives 3000 mA, so USB devices together may draw 600 mA.*usb_max_current_enable=1/,
  );
  t.is(checkPower({ telemetry: {}, board, supplyMilliamperes: 5000 })[1]?.level, 'ok');
  const usb = (facts: object) => line(checkPower({ telemetry: {}, board, supplyMilliamperes: 3000, ...facts })[1]!);
  t.is(
    usb({ usbLimitLifted: true }),
    'ok: USB devices may draw 1.6 A, as usb_max_current_enable=1 is in effect. The supply gives 3000 mA.',
  );
  t.regex(usb({ usbLimitLifted: false, usbLimitConfigured: true }), /^warn: .*next boot: sudo reboot$/);
  t.regex(
    usb({ supplyMilliamperes: undefined, usbLimitLifted: false }),
    /^warn: USB devices together may draw 600 mA only; .*config\.txt/,
  );
  t.is(checkPower({ telemetry: {}, board: 'Raspberry Pi 4', supplyMilliamperes: 3000 }).length, 1);
});

test('a clock before goby itself, and one that is not synchronised, warn', (t) => {
  const builtAtMs = Date.UTC(2026, 5, 1);
  t.regex(line(checkClock({ nowMs: 0, builtAtMs })), /^warn: The clock says 1970-.* before goby was installed/);
  t.regex(line(checkClock({ nowMs: builtAtMs, builtAtMs, synchronised: false })), /^warn: .*is not synchronised/);
  t.is(
    line(checkClock({ nowMs: builtAtMs, builtAtMs, synchronised: true })),
    'ok: 2026-06-01T00:00:00.000Z, synchronised.',
  );
  t.is(checkClock({ nowMs: builtAtMs, builtAtMs }).level, 'ok');
});

test('the service: answering, mute, failed by configuration, failed otherwise, stopped, not there', (t) => {
  const nowMs = Date.UTC(2026, 0, 2, 0, 5);
  t.is(line(checkService({ nowMs, status: sampleStatus() })), 'ok: goby 0.1.0 runs as process 4711, since 5 min.');
  t.regex(line(checkService({ nowMs, status: sampleStatus(), restarts: 9 })), /^warn: .* restarted it 9 times/);
  t.is(checkService({ nowMs, refused: 'No permission.' }).level, 'fail');
  t.regex(line(checkService({ nowMs, activeState: 'active' })), /^fail: The service is active, but doesn't answer/);
  t.regex(
    line(checkService({ nowMs, activeState: 'failed', lastExitCode: 78 })),
    /^fail: .* configuration can't be used.*check-config/,
  );
  t.regex(
    line(checkService({ nowMs, activeState: 'failed', lastExitCode: 1 })),
    /^fail: The service failed \(exit code 1\)/,
  );
  t.regex(line(checkService({ nowMs, activeState: 'inactive' })), /^warn: .*enable --now goby/);
  t.is(checkService({ nowMs }).level, 'ok');
});

const noCamera: CameraProbe = {
  programs: [
    { wanted: 'rpicam-vid', package: 'rpicam-apps-lite' },
    { wanted: 'rpicam-still', package: 'rpicam-apps-lite' },
    { wanted: 'ffmpeg', package: 'ffmpeg' },
  ],
  piCameras: [],
  piCameraProblem: 'rpicam-apps is not installed',
  v4l2Devices: [],
  holders: [],
};
const withCameras: CameraProbe = {
  programs: [
    { wanted: 'rpicam-vid', found: 'libcamera-vid', version: '1.4', package: 'rpicam-apps-lite' },
    { wanted: 'ffmpeg', found: 'ffmpeg', version: '7.1', package: 'ffmpeg' },
  ],
  piCameras: [{ index: 0, sensor: 'imx219', detail: '3280x2464' }],
  v4l2Devices: [
    { device: '/dev/video0', name: 'HD Webcam C270', usable: true },
    { device: '/dev/video1', name: 'HD Webcam C270', usable: false, reason: 'a secondary node, for metadata' },
  ],
  holders: [],
};

function camera(source: object, probe: CameraProbe, photos?: number): string {
  const parsed = cameraSection.parse({ source }).source;
  if (parsed.type === 'auto') throw new Error('auto is resolved before');
  return line(checkCamera({ name: 'front', source: parsed, probe, ...(photos === undefined ? {} : { photos }) }));
}

test('a missing camera program is named with its package', (t) => {
  t.is(
    camera({ type: 'rpicam' }, noCamera),
    "fail: The program rpicam-vid isn't installed. Install it: sudo apt install rpicam-apps-lite",
  );
  t.regex(camera({ type: 'stills' }, noCamera), /rpicam-still isn't installed/);
  t.regex(camera({ type: 'ffmpeg', input: '/dev/video0' }, noCamera), /sudo apt install ffmpeg/);
});

test('a busy camera is told with its holder; a sound server that looks on is no holder', (t) => {
  const held = (name: string) => ({
    ...withCameras,
    holders: [{ pid: 812, name, devices: ['/dev/media0', '/dev/video0'] }],
  });
  const busy = 'fail: The camera is busy: motion (process 812) holds /dev/media0, /dev/video0. End that program.';
  t.is(camera({ type: 'rpicam' }, held('motion')), busy);
  t.is(camera({ type: 'ffmpeg', input: '/dev/video0' }, held('motion')), busy);
  t.regex(camera({ type: 'rpicam' }, held('pipewire')), /^ok/);
});

test('cameras that are not there, not usable, or not numbered so', (t) => {
  t.regex(
    camera({ type: 'rpicam' }, { ...withCameras, piCameras: [], piCameraProblem: 'rpicam-hello lists no camera' }),
    /^fail: No Pi camera is found \(rpicam-hello lists no camera\)\. Check that the ribbon/,
  );
  t.regex(
    camera({ type: 'rpicam', cameraIndex: 1 }, withCameras),
    /^fail: There is no Pi camera with index 1; there are 0\./,
  );
  t.regex(
    camera({ type: 'ffmpeg', input: '/dev/video7' }, withCameras),
    /^fail: There is no camera \/dev\/video7\. Cameras here: \/dev\/video0 \(HD Webcam C270\)/,
  );
  t.regex(camera({ type: 'ffmpeg', input: '/dev/video1' }, withCameras), /^fail: .*a secondary node, for metadata\./);
  t.regex(camera({ type: 'folder', path: '/photos' }, noCamera), /^fail: The folder \/photos is not there/);
  t.regex(camera({ type: 'folder', path: '/photos' }, noCamera, 0), /^fail: The folder \/photos has no photo/);
});

test('cameras that can be used; the password of an address is not printed', (t) => {
  t.is(camera({ type: 'rpicam' }, withCameras), 'ok: Pi camera imx219 through libcamera-vid 1.4.');
  t.is(
    camera({ type: 'ffmpeg', input: '/dev/video0' }, withCameras),
    'ok: HD Webcam C270 (/dev/video0) through ffmpeg 7.1.',
  );
  const address = camera({ type: 'ffmpeg', input: 'rtsp://eve:secret@cam/stream' }, withCameras);
  t.is(address, "ok: rtsp://***@cam/stream through ffmpeg 7.1; doctor doesn't open it.");
  t.is(camera({ type: 'folder', path: '/photos' }, noCamera, 6), 'ok: 6 photos of /photos are replayed.');
});

test('of a running agent the camera states are told as they are', (t) => {
  const cameras = {
    a: { state: 'streaming', detail: 'rpicam-vid streams 640x480', framesPerSecond: 9.9 },
    far: { state: 'streaming', detail: 'rpicam-vid streams 1280x720', framesPerSecond: 9.9, regionsAllowed: 3 },
    b: { state: 'reconnecting', detail: 'The camera is busy: it is in use by motion (process 812).' },
    c: { state: 'starting', detail: 'rpicam-vid starts' },
  };
  t.deepEqual(cameraFindings({ cameras }).map(line), [
    'ok: rpicam-vid streams 640x480. 9.9 frames per second.',
    'ok: rpicam-vid streams 1280x720. 9.9 frames per second, up to 3 parts of each looked at.',
    'fail: The camera is busy: it is in use by motion (process 812).',
    'warn: It is starting: rpicam-vid starts.',
  ]);
});

const place = 'GPIO17 is line 17 of gpiochip0 (pinctrl-bcm2711)';
const lineReport: LineReport = { adapter: 'gpiochip', detail: place, level: undefined, holder: undefined };

test('a line that is taken, forbidden or missing fails by name', (t) => {
  const output = (facts: object) => line(checkOutput({ name: 'led', ...facts }));
  t.is(
    output({ report: { ...lineReport, holder: 'sysfs' } }),
    `fail: ${place}, and is taken by sysfs. End what uses it, or choose another line.`,
  );
  const problem = "GPIO17 can't be used: this user may not open /dev/gpiochip0 (EACCES).";
  t.is(output({ problem }), `fail: ${problem}`);
});

test('a free line is fine, a simulated one is said to be so', (t) => {
  t.is(line(checkOutput({ name: 'led', report: lineReport })), `ok: ${place}, free to use.`);
  const detail = 'GPIO17 is simulated: This machine has no GPIO.';
  t.is(
    line(checkOutput({ name: 'led', report: { ...lineReport, adapter: 'simulated', detail } })),
    'warn: GPIO17 is simulated: This machine has no GPIO: nothing is switched. On a machine with GPIO set adapter: auto or gpiochip.',
  );
  const outputs = {
    led: { line: 'GPIO17', adapter: 'gpiochip', on: true },
    bell: { line: 'GPIO27', adapter: 'gpiochip', fault: 'The GPIO line GPIO27 is taken by sysfs (EBUSY).' },
  };
  t.deepEqual(outputFindings({ outputs }).map(line), [
    'ok: GPIO17 through gpiochip, now on.',
    'fail: The GPIO line GPIO27 is taken by sysfs (EBUSY).',
  ]);
});

const mqtt = (changes: object): MqttConfig => configSchema.parse({ mqtt: changes }).mqtt;

test('every way a broker can say no has its mend', (t) => {
  const config = mqtt({ broker: 'mqtt://pi:1883', username: 'goby', passwordFile: '/pw' });
  const no = (reasonCode: number) => line(checkBroker(config, { kind: 'refused', reasonCode }));
  t.regex(no(5), /^fail: mqtt:\/\/pi:1883 refuses the user goby \(reason code 5\)\. Check mqtt\.username/);
  t.regex(no(134), /refuses the user goby/);
  t.regex(no(1), /doesn't speak MQTT 3\.1\.1\. Set mqtt\.protocolVersion: 5/);
  t.regex(no(3), /not available/);
  t.regex(no(151), /reason code 151/);
  const silent = (code: string) => line(checkBroker(config, { kind: 'unreachable', code, message: 'odd' }));
  t.regex(silent('ECONNREFUSED'), /can't be reached: nothing listens there\. Start the broker/);
  t.regex(silent('CERT_HAS_EXPIRED'), /has expired/);
  t.is(silent('EODD'), "fail: mqtt://pi:1883 can't be reached: odd.");
  t.is(line(checkBroker(config, { kind: 'unprepared', problem: 'No file.' })), 'fail: No file.');
});

test('a broker that accepts, the embedded one, and none', (t) => {
  t.is(
    line(checkBroker(mqtt({ broker: 'mqtt://pi:1883' }), { kind: 'accepted' })),
    'ok: mqtt://pi:1883 accepts anonymous clients.',
  );
  t.regex(line(checkBroker(mqtt({}))), /^ok: goby runs its own broker on 127\.0\.0\.1:1883 .* Home Assistant/);
  t.regex(line(checkBroker(mqtt({ broker: 'off' }))), /^warn: MQTT is off/);
  const broker = { state: 'reconnecting', address: 'mqtt://pi:1883', detail: 'Connection refused.' };
  t.is(
    line(brokerFinding({ broker }, { broker: 'mqtt://pi:1883' })),
    'fail: mqtt://pi:1883: reconnecting. Connection refused.',
  );
  t.is(
    line(brokerFinding({ broker: { ...broker, state: 'connected' } }, { broker: 'mqtt://pi:1883' })),
    'ok: Connected to mqtt://pi:1883.',
  );
});

const tpu = { wanted: true, devices: [{ place: '1a6e:089a (/dev/bus/usb/001/004)', accessible: true }] };
const withLibrary = { ...tpu, library: '/usr/lib/libedgetpu.so.1.0', libraryVersion: 'BuildLabel(X)' };

test('an Edge TPU without its library, with one that does not load, without permission, or passed over', (t) => {
  t.regex(
    line(checkEdgetpu(tpu)),
    /^fail: 1a6e:089a .* is there, but its library libedgetpu\.so\.1 is not\. Install libedgetpu1-std/,
  );
  t.regex(
    line(checkEdgetpu({ ...tpu, library: '/x.so', libraryProblem: 'loading it ended with SIGABRT' })),
    /^fail: \/x\.so: loading it ended with SIGABRT/,
  );
  const closed = { ...withLibrary, devices: [{ place: '/dev/apex_0', accessible: false }] };
  t.regex(line(checkEdgetpu(closed)), /^fail: \/dev\/apex_0 may not be opened by this user\. Install the udev rules/);
  t.regex(line(checkEdgetpu({ ...withLibrary, wanted: false })), /^warn: .*switched off/);
  const engine = { ...sampleStatus().engine, detail: 'the Edge TPU is not used: it ended with SIGABRT' };
  t.regex(
    line(checkEdgetpu(withLibrary, { engine })),
    /^warn: .* is there and not in use: the Edge TPU is not used: it ended/,
  );
});

test('an Edge TPU in use, one ready to be used, and none', (t) => {
  const engine = { ...sampleStatus().engine, backend: 'edgetpu' };
  t.is(
    line(checkEdgetpu(withLibrary, { engine })),
    'ok: 1a6e:089a (/dev/bus/usb/001/004) is in use through /usr/lib/libedgetpu.so.1.0, BuildLabel(X): a golden inference ran on it.',
  );
  t.regex(line(checkEdgetpu(withLibrary)), /^ok: .* is there; library \/usr\/lib/);
  t.regex(
    line(checkEdgetpu({ wanted: true, devices: [] })),
    /^ok: None is there: models run on the CPU\. Its library is not installed\. To use one: Install libedgetpu1-std/,
  );
  t.is(
    line(checkEdgetpu({ ...withLibrary, devices: [] })),
    'ok: None is there: models run on the CPU. Library: /usr/lib/libedgetpu.so.1.0, BuildLabel(X).',
  );
  t.is(checkEdgetpu({ wanted: false, devices: [] }).level, 'ok');
});

test('whether one inference ran on the Edge TPU, and why none did', (t) => {
  const answered = { kind: 'answered', backend: 'xnnpack', invokeMs: 1 } as const;
  const on = { ...answered, backend: 'edgetpu' };
  t.is(line(checkInference([answered, on])), 'ok: One inference ran on the Edge TPU.');
  const passedOver = 'Not on the Edge TPU: it ended with SIGABRT';
  t.is(
    line(
      checkInference([
        { ...answered, passedOver },
        { ...answered, passedOver },
      ]),
    ),
    `fail: No inference ran on the Edge TPU. ${passedOver}`,
  );
  t.is(line(checkInference([{ kind: 'failed', problem: 'x' }])), 'fail: No inference ran on the Edge TPU.');
});

test('a model that is missing, changed, mute or passed over by the Edge TPU, and one that answers', (t) => {
  const file = { path: '/m.tflite', expectedSha256: 'a'.repeat(64), sha256: 'a'.repeat(64) };
  const model = (facts: object) => line(checkModel({ name: 'ssd', files: [file], ...facts }));
  t.is(model({ problem: 'Nothing has it.' }), 'fail: Nothing has it.');
  t.is(
    model({ files: [{ path: '/m.tflite', expectedSha256: 'a'.repeat(64) }] }),
    'fail: /m.tflite is not there. Fetch it: goby models pull ssd',
  );
  t.regex(
    model({ files: [{ ...file, sha256: 'b'.repeat(64) }] }),
    /^fail: .*SHA-256 bbbbbbbbbbbb in place of aaaaaaaaaaaa\./,
  );
  t.regex(
    model({ golden: { kind: 'failed', problem: 'The CPU worker ended.' } }),
    /^fail: Whole .* The CPU worker ended\./,
  );
  t.regex(model({}), /^warn: .*no inference was tried/);
  const answered = { kind: 'answered', backend: 'xnnpack', invokeMs: 1.234 };
  t.is(model({ golden: answered }), 'ok: Whole (SHA-256 aaaaaaaaaaaa); one inference on xnnpack took 1.2 ms.');
  t.regex(
    model({ golden: { ...answered, passedOver: 'Not on the Edge TPU: x' } }),
    /^warn: .* 1\.2 ms\. Not on the Edge TPU: x/,
  );
});

test('a model that looks at parts of frames: does the board keep up?', (t) => {
  const file = { path: '/m.tflite', expectedSha256: 'a'.repeat(64), sha256: 'a'.repeat(64) };
  const told = (invokeMs: number, cameras = 1) => {
    const golden = { kind: 'answered', backend: 'xnnpack', invokeMs } as const;
    const { sentence } = checkModel({ name: 'ssd', files: [file], golden, regions: { cameras, most: 4 } });
    return sentence.slice(sentence.indexOf(' ms. ') + 5);
  };
  t.is(told(22), '4 parts of each frame are looked at, with time for 9 at five frames a second.');
  t.is(told(22, 3), '3 parts of each frame are looked at, with time for 3 at five frames a second.');
  t.is(told(130), 'One part of each frame is looked at: at five frames a second there is no time for more.');
  t.is(told(300), 'That is too slow for five frames a second: fewer frames are looked at, one part of each.');
});

test('frames of a camera: what they take, and what to set where the machine is too slow', (t) => {
  const facts = { camera: 'front', widthPx: 1280, heightPx: 720, framesPerSecond: 10, cameras: 1, most: 4 };
  const told = (cost: object) => line(checkFrames({ ...facts, frameMs: 3, lookMs: 2, invokeMs: 13, ...cost }));
  t.is(
    told({}),
    'ok: A frame of 1280x720 takes 11.0 ms beside inferences of 13.0 ms: up to 4 parts of each are looked at, at all of its 10 frames a second.',
  );
  t.regex(told({ invokeMs: 57, lookMs: 6, frameMs: 10 }), /^ok: .* up to 3 parts .* at 5 of its 10 frames a second\.$/);
  t.regex(
    told({ invokeMs: 57, lookMs: 12, frameMs: 10 }),
    /^warn: .* Set cameras\.front\.regions\.maxInferencesPerFrame: 2\.$/,
  );
  t.regex(
    told({ invokeMs: 122, lookMs: 10, frameMs: 20 }),
    /^ok: .* one part of each is looked at, at 6\.5 of its 10 frames a second\.$/,
  );
  t.regex(
    told({ invokeMs: 342, lookMs: 10, frameMs: 20 }),
    /^warn: .* Set cameras\.front\.source\.framesPerSecond: 2\.6,/,
  );
  t.regex(
    told({ invokeMs: 60, lookMs: 150, frameMs: 90 }),
    /^warn: .* Set cameras\.front\.source\.widthPx: 640 and heightPx: 480, or .*framesPerSecond: 1\.3\.$/,
  );
  t.regex(told({ cameras: 3, invokeMs: 60 }), /^ok: .* one part .* at 5\.1 of its 10/);
});

test('the TensorFlow Lite library: missing, damaged, whole', (t) => {
  const facts = { path: '/lib.so', there: true, configured: false };
  t.regex(line(checkRuntime({ ...facts, there: false })), /^fail: The library \/lib\.so is not there\. Fetch it again/);
  t.regex(
    line(checkRuntime({ ...facts, configured: true, problem: "can't be loaded: wrong ELF class" })),
    /^fail: .* wrong ELF class\. Correct infer\.library/,
  );
  t.is(line(checkRuntime({ ...facts, version: '2.9.0' })), 'ok: /lib.so, version 2.9.0.');
  t.is(line(checkRuntime({ ...facts, version: '2.9.0', xnnpack: true })), 'ok: /lib.so, version 2.9.0, with XNNPACK.');
  t.regex(line(checkRuntime({ ...facts, version: '2.9.0', xnnpack: false })), /^warn: .* without XNNPACK/);
});

test('of a running agent a degraded engine warns, a stopped one fails, and models are told with their backend', (t) => {
  const { engine, health } = sampleStatus();
  t.deepEqual(engineFindings({ engine, health }).map(line), ['ok: Loaded on xnnpack, SHA-256 aaaaaaaaaaaa.']);
  t.regex(
    line(engineFindings({ engine: { ...engine, state: 'degraded', detail: 'why' }, health })[0]!),
    /^warn: degraded: why/,
  );
  t.is(engineFindings({ engine: { ...engine, state: 'stopped' }, health })[0]?.level, 'fail');
  const models = { state: 'fallback', sinceMs: 1, detail: 'The model mine runs from a copy.' };
  t.is(line(engineFindings({ engine, health: { models } })[0]!), 'warn: The model mine runs from a copy.');
});

test('inputs: what the agent says, and what can be seen without it', (t) => {
  t.deepEqual(inputFindings({ health: {} }), []);
  const told = (state: string, detail: string) => inputFindings({ health: { inputs: { state, detail, sinceMs: 1 } } });
  t.deepEqual(told('ready', 'door: ready').map(line), ['ok: door: ready.']);
  t.deepEqual(told('unavailable', 'door: The line is taken.').map(line), ['fail: door: The line is taken.']);
  const report = { adapter: 'gpiochip', detail: 'GPIO27 is line 27', level: undefined, holder: undefined } as const;
  t.is(line(checkInput({ name: 'door', report })), 'ok: GPIO27 is line 27, free to use.');
  t.regex(line(checkInput({ name: 'door', report: { ...report, holder: 'lirc' } })), /^fail: .*taken by lirc/);
  t.regex(line(checkInput({ name: 'door', report: { ...report, adapter: 'simulated' } })), /^warn: .*never pressed/);
  t.regex(line(checkInput({ name: 'door', report: { ...report, adapter: 'onoff' } })), /^fail: .*character device/);
  t.is(line(checkInput({ name: 'door', problem: 'There is no GPIO27.' })), 'fail: There is no GPIO27.');
});

test('page: where it is, who can open it, and how a phone can', (t) => {
  const page = (listen: string, part?: { state: string; detail: string }, addresses = ['192.168.1.7']) =>
    line(checkPage({ config: { listen, hosts: [] }, part, addresses }));
  t.is(page('off'), 'ok: The page is off. Switch it on with web.listen: 127.0.0.1:8971');
  t.regex(
    page('127.0.0.1:8971', { state: 'ready', detail: 'http://127.0.0.1:8971/' }),
    /for browsers of this machine.*goby web password/,
  );
  t.is(page('0.0.0.0:8971', { state: 'ready', detail: '' }), 'ok: The page is at http://192.168.1.7:8971/');
  t.is(page('0.0.0.0:8971'), 'ok: The page will be at http://192.168.1.7:8971/ when the agent runs.');
  t.is(page('[fd00::1]:80'), 'ok: The page will be at http://[fd00::1]:80/ when the agent runs.');
  t.is(
    page('0.0.0.0:8971', { state: 'unavailable', detail: 'It has no password yet.' }),
    'fail: It has no password yet.',
  );
  t.regex(page('0.0.0.0:8971', undefined, []), /in no network/);
});
