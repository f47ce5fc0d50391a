/** Cameras that answer on the network, and everything else that does. */
import { createSocket } from 'node:dgram';
import test, { type ExecutionContext } from 'ava';
import { cameraOf, findOnvifCameras } from '../../../src/system/discovery/onvif-discovery.ts';

const answer = (body: string) =>
  `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>${body}</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;
const acme = answer(
  '<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Acme%20Cam onvif://www.onvif.org/hardware/AC-12</d:Scopes><d:XAddrs>http://10.9.9.9/onvif/device_service http://192.168.1.20:8000/onvif/device_service</d:XAddrs>',
);

/** Something on the network that answers every question with these texts. Multicast stays out of it: a test's network is its own machine. */
async function responder(
  t: ExecutionContext,
  texts: readonly (string | Buffer)[],
): Promise<{ port: number; asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (bytes, { port, address }) => {
    asked.push(bytes.toString());
    for (const text of texts) socket.send(text, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => socket.close());
  return { port: socket.address().port, asked };
}

test('a camera is found by its answer, in the network that it answers from', async (t) => {
  const { port, asked } = await responder(t, [acme, acme]);
  const found = await findOnvifCameras({ group: '127.0.0.1', port, from: ['127.0.0.1'], waitMs: 300 });
  t.deepEqual(found, [{ host: '10.9.9.9', name: 'Acme Cam AC-12', service: 'http://10.9.9.9/onvif/device_service' }]);
  t.regex(asked[0]!, /Probe.*NetworkVideoTransmitter/s);
  t.is(cameraOf(acme, '192.168.1.20')?.host, '192.168.1.20');
});

test('what is no camera, or means harm, is passed over', async (t) => {
  const { port } = await responder(t, [
    'nonsense',
    Buffer.alloc(2000, 0xff),
    answer(''),
    answer('<d:XAddrs>file:///etc/passwd</d:XAddrs>'),
    answer('<d:XAddrs>http://evil.example/onvif</d:XAddrs>'),
    answer('<d:XAddrs>not an address</d:XAddrs>'),
    acme.replace('Acme%20Cam', '%E0%A4%A'),
    acme.replace('ProbeMatch', 'Else').replaceAll('ProbeMatch', 'Else'),
    'x'.repeat(30_000),
  ]);
  const found = await findOnvifCameras({ group: '127.0.0.1', port, from: ['127.0.0.1'], waitMs: 300 });
  t.deepEqual(
    found.map(({ name }) => name),
    ['AC-12'],
  );
});

test('very many answers are bounded', async (t) => {
  const many = Array.from({ length: 300 }, (_, at) =>
    answer(`<d:XAddrs>http://10.0.${at >> 8}.${at & 255}/onvif</d:XAddrs>`),
  );
  const { port } = await responder(t, many);
  t.true((await findOnvifCameras({ group: '127.0.0.1', port, from: ['127.0.0.1'], waitMs: 500 })).length <= 64);
});

test('control characters of a name do not come through', (t) => {
  t.is(cameraOf(acme.replace('Acme%20Cam', 'A%1B%5B31mB'), '10.9.9.9')?.name, 'A[31mB AC-12');
});

test('without a network there is nothing to find', async (t) => {
  t.deepEqual(await findOnvifCameras({ from: [], waitMs: 10 }), []);
  t.deepEqual(await findOnvifCameras({ from: ['203.0.113.77'], waitMs: 50 }), []);
});
