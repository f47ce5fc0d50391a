/** A camera that means harm answers with playlists that lead to files of this device: none of them is ever opened. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { cameraConfig, recorded, temporaryFolder, until } from '../../flow/capture/cameras-under-test.ts';
import { testRequiring } from '../../requiring.ts';

const hls = 'application/vnd.apple.mpegurl';
const playlist = (target: string): string =>
  `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${target}\n#EXT-X-ENDLIST\n`;

/** Answers by path; `local` is a film on this device, and `near` the same one at the camera. */
const answers: Readonly<
  Record<string, (local: string, near: string) => { type: string; body: string; location?: string }>
> = {
  'a playlist with a path': (local) => ({ type: hls, body: playlist(local) }),
  'a playlist with file://': (local) => ({ type: hls, body: playlist(`file://${local}`) }),
  'a playlist with file:': (local) => ({ type: hls, body: playlist(`file:${local}`) }),
  'a playlist with subfile': (local) => ({ type: hls, body: playlist(`subfile,,start,0,end,0,,:${local}`) }),
  'a playlist with concat': (local, near) => ({ type: hls, body: playlist(`concat:${near}|${local}`) }),
  'a playlist with crypto': (local) => ({ type: hls, body: playlist(`crypto+file://${local}`) }),
  'a list of ffconcat': (local) => ({ type: 'text/plain', body: `ffconcat version 1.0\nfile '${local}'\n` }),
  'a redirect': (local) => ({ type: 'text/plain', body: '', location: `file://${local}` }),
  'an SDP': (local) => ({
    type: 'application/sdp',
    body: `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\na=control:file://${local}\n`,
  }),
  'a DASH manifest': (local) => ({
    type: 'application/dash+xml',
    body: `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT5S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://${local}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  }),
};

for (const login of ['', 'viewer:secret@']) {
  testRequiring(
    [{ kind: 'program', name: 'ffmpeg' }],
    `a hostile camera ${login === '' ? 'without' : 'with'} a password shows goby no file of this device, and its own film it does`,
    async (t) => {
      const film = join(await temporaryFolder(t), 'private.ts');
      const made = spawnSync('ffmpeg', [
        ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=10:duration=5', '-pix_fmt', 'yuv420p'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'mpegts', film],
      ]);
      t.is(made.status, 0, String(made.stderr));
      const bytes = readFileSync(film);
      const asked = new Map<string, number>();
      let port = 0;
      const server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url ?? '/', 'http://camera').pathname).slice(1);
        asked.set(path, (asked.get(path) ?? 0) + 1);
        if (path === 'near.ts') return void response.setHeader('content-type', 'video/mp2t').end(bytes);
        const near = `http://127.0.0.1:${port}/near.ts`;
        const make = answers[path] ?? (() => ({ type: hls, body: playlist(near) }));
        const { type, body, location } = make(film, near) as { type: string; body: string; location?: string };
        response.writeHead(location === undefined ? 200 : 302, {
          'content-type': type,
          ...(location === undefined ? {} : { location }),
        });
        response.end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.teardown(() => server.close());
      ({ port } = server.address() as AddressInfo);
      const watch = (path: string) => {
        const input = `http://${login}127.0.0.1:${port}/${encodeURIComponent(path)}`;
        const camera = recorded(t, { config: cameraConfig({ type: 'ffmpeg', input, framesPerSecond: 30 }) });
        camera.start();
        return camera;
      };
      const honest = watch('own');
      await honest.gives(2);
      await honest.camera.stop();
      const hostile = Object.keys(answers).map((path) => ({ path, camera: watch(path) }));
      // Who asks again has given up what was answered before.
      for (const { path, camera } of hostile) {
        await until(() => (asked.get(path) ?? 0) >= 3 || camera.framesSeen > 0, path);
        t.is(camera.framesSeen, 0, path);
      }
    },
  );
}
