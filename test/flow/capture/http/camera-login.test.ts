/** Login at a camera: the examples of RFC 7616, and what cameras ask for. */
import test from 'ava';
import { CameraLogin } from '../../../../src/flow/capture/http/camera-login.ts';
import { parseChallenges } from '../../../../src/flow/capture/http/challenges.ts';

const mufasa = { user: 'Mufasa', password: 'Circle of Life' };
const common =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

function answer(challenges: string[], credentials = mufasa, target = '/dir/index.html', nonce = cnonce): string {
  const login = new CameraLogin(credentials, () => nonce);
  login.challenged(challenges);
  return login.authorization('GET', target) ?? '';
}

test('RFC 7616 section 3.9.1: SHA-256 is taken before MD5, whatever their order', (t) => {
  const both = [`Digest ${common}, algorithm=MD5`, `Digest ${common}, algorithm=SHA-256`];
  for (const challenges of [both, [...both].reverse(), [both.join(', ')]]) {
    t.regex(answer(challenges), /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/);
  }
  t.is(
    answer([both[0]!]),
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  );
});

test('RFC 7616 section 3.9.2 with erratum 4897: SHA-512-256 and a hashed user', (t) => {
  const challenge =
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true';
  const header = answer(
    [challenge],
    { user: 'Jäsøn Doe', password: 'Secret, or not?' },
    '/doe.json',
    'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
  );
  t.regex(header, /username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"/);
  t.regex(header, /response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"/);
  t.regex(header, /userhash=true/);
});

test('RFC 2617 section 3.5, the example of old cameras', (t) => {
  const challenge =
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  const header = answer([challenge], { user: 'Mufasa', password: 'Circle Of Life' }, '/dir/index.html', '0a4f113b');
  t.regex(header, /response="6629fae49393a05397450978507c4ef1"/);
  t.notRegex(header, /algorithm/);
});

test('RFC 7617: basic, with letters beyond ASCII', (t) => {
  t.is(answer(['Basic realm="x", charset="UTF-8"'], { user: 'test', password: '123£' }), 'Basic dGVzdDoxMjPCow==');
});

test('digest is taken before basic, and what cannot be answered is none', (t) => {
  t.regex(answer(['Basic realm="x"', `Digest ${common}`]), /^Digest /);
  t.regex(answer([`Digest ${common}, algorithm=MD4`, 'Basic realm="x"']), /^Basic /);
  t.regex(answer([`Digest realm="x", nonce="n", qop="auth-int"`, 'Basic realm="x"']), /^Basic /);
  const login = new CameraLogin(mufasa);
  t.is(login.challenged(['NTLM', 'Negotiate abc=']), 'none');
  t.is(login.challenged([]), 'none');
  t.is(login.challenged(['x'.repeat(10_000)]), 'none');
  t.is(login.authorization('GET', '/'), undefined);
});

test('a nonce is counted up with each request, and from one again with the next nonce', (t) => {
  const login = new CameraLogin(mufasa, () => 'c');
  t.is(login.challenged([`Digest ${common}`]), 'asked');
  t.deepEqual(
    [1, 2, 3].map(() => /nc=(\d+)/.exec(login.authorization('GET', '/') ?? '')?.[1]),
    ['00000001', '00000002', '00000003'],
  );
  t.is(login.challenged([`Digest realm="x", nonce="other", qop="auth", stale=TRUE`]), 'stale');
  t.regex(login.authorization('GET', '/') ?? '', /nonce="other".*nc=00000001/);
});

for (const [name, headers, expected] of [
  ['a quoted comma and quotes', ['Digest realm="a, \\"b\\"", nonce=x'], [['digest', 'a, "b"', 'x']]],
  [
    'two in one header',
    ['Basic realm="a", Digest realm="b",nonce="n"'],
    [
      ['basic', 'a', undefined],
      ['digest', 'b', 'n'],
    ],
  ],
  ['blanks round =', ['Digest realm = "a" ,  nonce = n'], [['digest', 'a', 'n']]],
  ['rubbish', ['=,,"', '\u0000', '", Digest'], []],
] as const) {
  test(`challenges are taken apart: ${name}`, (t) => {
    const found = parseChallenges(headers).map(({ scheme, params }) => [
      scheme,
      params.get('realm'),
      params.get('nonce'),
    ]);
    t.deepEqual(found, expected as never);
  });
}
