/** Addresses with credentials: taken apart as they were meant, and masked whatever they hold. */
import test from 'ava';
import fc from 'fast-check';
import {
  addressText,
  holdsSecret,
  maskAddress,
  maskAddresses,
  parseAddress,
  secretsIn,
} from '../../src/text/addresses.ts';

test('a login is taken apart, whatever characters its password holds', (t) => {
  const cases: readonly [address: string, user: string, password: string | undefined, rest: string][] = [
    ['rtsp://admin:secret@192.168.1.20:554/stream1', 'admin', 'secret', '192.168.1.20:554/stream1'],
    ['rtsp://admin:se/cr/et@camera/stream', 'admin', 'se/cr/et', 'camera/stream'],
    ['rtsp://admin:se@cr@et@camera/stream', 'admin', 'se@cr@et', 'camera/stream'],
    ['rtsp://admin:p@ss/w%rd@camera:554/stream', 'admin', 'p@ss/w%rd', 'camera:554/stream'],
    ['rtsp://admin:p@ss/w@camera/stream', 'admin', 'p@ss/w', 'camera/stream'],
    ['rtsp://admin:se%2Fcret%40@camera/', 'admin', 'se/cret@', 'camera/'],
    ['rtsp://admin:100%@camera/', 'admin', '100%', 'camera/'],
    ['rtsp://admin:100%zz@camera/', 'admin', '100%zz', 'camera/'],
    ['rtsp://admin:12/34@10.0.0.5/h264', 'admin', '12/34', '10.0.0.5/h264'],
    ['rtsp://admin:with space@camera/', 'admin', 'with space', 'camera/'],
    ['rtsp://admin:a:b:c@camera/', 'admin', 'a:b:c', 'camera/'],
    ['rtsp://admin:why?#not@camera/live?x=1', 'admin', 'why?#not', 'camera/live?x=1'],
    ['rtsp://admin:secret@camera/live?mail=a@example.org', 'admin', 'secret', 'camera/live?mail=a@example.org'],
    ['RTSP://admin:@camera/', 'admin', '', 'camera/'],
    ['http://token@camera/', 'token', undefined, 'camera/'],
    ['http://me@home:secret@[fe80::1]:8080/snap.jpg', 'me@home', 'secret', '[fe80::1]:8080/snap.jpg'],
    ['mqtts://goby:pässwört/@broker.local:8883', 'goby', 'pässwört/', 'broker.local:8883'],
  ];
  for (const [address, user, password, rest] of cases) {
    const parsed = parseAddress(address);
    t.deepEqual({ login: parsed?.login, rest: parsed?.rest }, { login: { user, password }, rest }, address);
  }
});

test('an @ in a path is no login', (t) => {
  for (const rest of ['192.168.1.5:8080/img@2x.jpg', 'camera/a@b', 'camera.local/x:y@z', 'camera:8080/img@2x.jpg']) {
    t.deepEqual(parseAddress(`http://${rest}`), { scheme: 'http', login: undefined, rest }, rest);
  }
  t.is(parseAddress('http://u:p@192.168.1.5/img@2x.jpg')?.rest, '192.168.1.5/img@2x.jpg');
});

test('what was taken apart is put together again', (t) => {
  const any = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(any, any, (user, password) => {
      const login = { user, password };
      const text = addressText({ scheme: 'rtsp', login, rest: '10.0.0.5:554/live' });
      t.deepEqual(parseAddress(text), { scheme: 'rtsp', login, rest: '10.0.0.5:554/live' });
      return new URL(text).host === '10.0.0.5:554';
    }),
  );
});

test('credentials in queries, and in paths as some cameras want them, are masked', (t) => {
  const cases = {
    'http://camera/snap.jpg?user=admin&pwd=s3cret&channel=1': 'http://camera/snap.jpg?user=***&pwd=***&channel=1',
    'http://camera/videostream.cgi?loginuse=admin&loginpas=s3cret':
      'http://camera/videostream.cgi?loginuse=***&loginpas=***',
    'http://camera/x?u=admin&p=s3cret&resolution=4': 'http://camera/x?u=***&p=***&resolution=4',
    'http://camera/x?access_token=s3cret': 'http://camera/x?access_token=***',
    'http://camera/x?apiKey=s3/c?r#et': 'http://camera/x?apiKey=***',
    'srt://camera:9000?mode=caller&passphrase=s3cret': 'srt://camera:9000?mode=caller&passphrase=***',
    'rtsp://camera:554/user=admin_password=s3cret_channel=1_stream=0.sdp': 'rtsp://camera:554/user=***',
    'rtsp://camera:554/channel=1_password=s3cret_stream=0.sdp': 'rtsp://camera:554/channel=1_password=***',
    'http://camera/cgi?cmd=snap&rs=wuuPhkmUCeI9WG7C&user=admin&password=s3cret':
      'http://camera/cgi?cmd=snap&rs=wuuPhkmUCeI9WG7C&user=***&password=***',
    'rtsp://a:s3cret@camera/?token=s3cret': 'rtsp://***@camera/?token=***',
  };
  for (const [address, masked] of Object.entries(cases)) {
    t.is(maskAddress(address), masked);
    t.is(maskAddresses(`It said: ${address} is gone`), `It said: ${masked} is gone`);
    t.true(holdsSecret(address));
    t.true(secretsIn(address).some((secret) => secret.includes('s3c') || secret.includes('s3/c')));
  }
});

test('addresses without credentials, and other text, stay as they are', (t) => {
  const plain = [
    ...['rtsp://camera:554/stream1?profile=2', 'mqtt://[::1]:1883', 'http://camera:8080/?action=stream'],
    ...[
      'udp://@:5000',
      'udp://@239.0.0.1:5000',
      '/dev/video0',
      './film.mp4',
      'me@example.org',
      '12:30',
      'embedded',
      'a: b',
    ],
  ];
  for (const text of plain) {
    t.is(maskAddress(text), text);
    t.is(maskAddresses(text), text);
    t.false(holdsSecret(text));
  }
});

test('mistyped addresses are masked too', (t) => {
  t.is(maskAddress('rtsp:/admin:s3cret@camera/x'), '***@camera/x');
  t.is(maskAddress('admin:s3cret@camera'), '***@camera');
  t.is(maskAddress('rtsp//admin:s3cret@camera'), '***@camera');
  t.is(maskAddress('http:// admin:s3 cret@camera'), 'http://***@camera');
});

test('no part of a password is left, alone or in JSON, and masking again changes nothing', (t) => {
  const secret = fc.string({
    unit: fc.constantFrom(...'aB9/@%:?#&=_.~!$\'()*+,;[]|^{}`ü€\\"'),
    minLength: 6,
    maxLength: 24,
  });
  const scheme = fc.constantFrom('rtsp', 'http', 'https', 'mqtt', 'mqtts', 'rtmp');
  fc.assert(
    fc.property(scheme, secret, (name, random) => {
      const address = `${name}://admin:S3${random}CRET@10.0.0.9:554/live`;
      const masked = maskAddress(address);
      t.is(masked, `${name}://***@10.0.0.9:554/live`);
      t.is(maskAddress(masked), masked);
      const told = maskAddresses(JSON.stringify({ input: address, other: 1 }));
      t.deepEqual(JSON.parse(told), { input: masked, other: 1 });
      // A question mark after what looks like a host ends the address of the host: that must be written %3F.
      if (/@[^@]*[?#]/.test(random)) return true;
      return parseAddress(address)?.rest === '10.0.0.9:554/live' && secretsIn(address)[0]!.includes('CRET');
    }),
    { numRuns: 2000 },
  );
});
