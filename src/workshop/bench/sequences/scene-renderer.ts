/** Scenes as real frames: cut-outs pasted over the background, light that drifts, noise of a camera, encoded as JPEG. */
import sharp from 'sharp';
import { seededRandom } from './random.ts';
import { type Actor, type Scene, viewAt } from './scene.ts';

export const frameWidthPx = 640;
export const frameHeightPx = 480;

interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  /** RGB, row by row. */
  readonly pixels: Uint8Array;
}

/** Standard deviation of the noise, grey values: that of a small camera in a lit room. */
const noiseDeviation = 3;
/** The light swells and fades by this share, with this period: clouds. */
const lightSwing = 0.08;
const lightPeriodSeconds = 40;

export type SceneRenderer = (atSeconds: number) => Promise<Uint8Array>;

/** @returns a function that gives the JPEG of any time of the scene */
export async function createSceneRenderer(scene: Scene, seed: number): Promise<SceneRenderer> {
  const background = await scaled({ file: scene.background, widthPx: frameWidthPx, heightPx: frameHeightPx });
  const cutOuts = new Map<Actor, Picture>();
  for (const actor of scene.actors) {
    const { file, left, top, widthPx, heightPx } = actor.cutOut;
    cutOuts.set(
      actor,
      await scaled({
        file,
        part: { left, top, width: widthPx, height: heightPx },
        widthPx: Math.max(1, Math.round(actor.width * frameWidthPx)),
        heightPx: Math.max(1, Math.round(actor.height * frameHeightPx)),
      }),
    );
  }
  const random = seededRandom(seed);
  // Drawn once and read from another place for each frame: as random as a gate can tell.
  const noise = Float32Array.from({ length: 1 << 20 }, () => random.normal(noiseDeviation));
  const canvas = new Uint8Array(frameWidthPx * frameHeightPx * 3);
  return async (atSeconds) => {
    canvas.set(background.pixels);
    for (const { actor, wholeBox } of viewAt(scene, atSeconds)) {
      paste(cutOuts.get(actor)!, canvas, {
        left: Math.round(wholeBox[0] * frameWidthPx),
        top: Math.round(wholeBox[1] * frameHeightPx),
      });
    }
    const light = 1 + lightSwing * Math.sin((2 * Math.PI * atSeconds) / lightPeriodSeconds);
    let from = Math.floor(random.between(0, noise.length));
    for (let at = 0; at < canvas.length; at++) {
      const value = canvas[at]! * light + noise[from++ & (noise.length - 1)]!;
      canvas[at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
    const raw = { width: frameWidthPx, height: frameHeightPx, channels: 3 as const };
    return sharp(canvas, { raw }).jpeg({ quality: 85 }).toBuffer();
  };
}

async function scaled(input: {
  readonly file: string;
  readonly part?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly widthPx: number;
  readonly heightPx: number;
}): Promise<Picture> {
  const { file, part, widthPx, heightPx } = input;
  const photo = part === undefined ? sharp(file) : sharp(file).extract(part);
  const pixels = await photo
    .resize({ width: widthPx, height: heightPx, fit: part === undefined ? 'cover' : 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  return { widthPx, heightPx, pixels };
}

function paste(picture: Picture, canvas: Uint8Array, { left, top }: { left: number; top: number }): void {
  const fromX = Math.max(0, -left);
  const toX = Math.min(picture.widthPx, frameWidthPx - left);
  if (toX <= fromX) return;
  for (let y = Math.max(0, -top); y < Math.min(picture.heightPx, frameHeightPx - top); y++) {
    const row = picture.pixels.subarray((y * picture.widthPx + fromX) * 3, (y * picture.widthPx + toX) * 3);
    canvas.set(row, ((top + y) * frameWidthPx + left + fromX) * 3);
  }
}
