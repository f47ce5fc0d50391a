/** What network and USB cameras answer, and what people write where an address goes. */
import { addressFault } from '../../src/config/broker-address.ts';
import { inputFault, inputsMeant } from '../../src/config/source-input.ts';
import { CameraLogin } from '../../src/flow/capture/http/camera-login.ts';
import { kindOfBytes, kindOfType } from '../../src/flow/capture/http/read-pictures.ts';
import { chooseV4l2Format, parseV4l2Formats } from '../../src/flow/capture/v4l2-formats.ts';
import { secretLine } from '../../src/text/secret-line.ts';
import type { FuzzTarget } from './targets.ts';

const seeds = [
  'Digest realm="a, \\"b\\"", qop="auth,auth-int", algorithm=SHA-256, nonce="n", opaque="o", stale=TRUE, Basic realm="x"',
  '[video4linux2,v4l2 @ 0x20485c0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 160x90\n[v4l2] Compressed:       mjpeg :          Motion-JPEG : {32-2592, 2}x{32-1944, 2}\n',
  'rtsp://viewer:p@ss@[fe80::1]:8554/stream?channel=1',
  'mqtts://broker.lan:8883/',
  'multipart/x-mixed-replace; boundary="--b"',
];

export const cameraAnswers: FuzzTarget = {
  seeds: seeds.map((text) => Buffer.from(text)),
  run: (bytes) => {
    const text = bytes.toString('latin1');
    const login = new CameraLogin({ user: 'a', password: 'b' }, () => 'c');
    const asked = login.challenged([text]);
    const header = login.authorization('GET', '/');
    if (header !== undefined && /[\r\n]/.test(header)) throw new Error(`a header with a line of its own: ${header}`);
    const formats = parseV4l2Formats(text);
    const chosen = chooseV4l2Format(formats, { widthPx: 640, heightPx: 480, framesPerSecond: 10 });
    if (chosen !== undefined && !/^[a-z0-9_]+$/i.test(chosen.name)) throw new Error(`a format ${chosen.name}`);
    const secret = 'secret' in secretLine(bytes);
    return [
      asked,
      kindOfType(text),
      kindOfBytes(bytes),
      inputFault(text),
      inputsMeant(text).length,
      addressFault(text),
      secret,
    ].join(' ');
  },
};
