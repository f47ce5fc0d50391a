/** Scenes as real frames: cut-outs pasted over the background, light that drifts, noise of a camera. */
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

/** @returns a function that gives the JPEG of any time of the scene */
export async function createSceneRenderer(
  scene: Scene,
  seed: number,
): Promise<(atSeconds: number) => Promise<Uint8Array>> {
  const size = { widthPx: frameWidthPx, heightPx: frameHeightPx };
  const paint = await createScenePainter(scene, seed, size);
  const raw = { width: frameWidthPx, height: frameHeightPx, channels: 3 as const };
  return (atSeconds) => sharp(paint(atSeconds), { raw }).jpeg({ quality: 85 }).toBuffer();
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** @returns a function that gives the RGB pixels of any time of the scene, valid until it is called again */
export async function createScenePainter(
  scene: Scene,
  seed: number,
  size: Size,
): Promise<(atSeconds: number) => Uint8Array> {
  const background = await scaled({ file: scene.background, ...size });
  const cutOuts = new Map<Actor, Picture>();
  for (const actor of scene.actors) {
    const { file, left, top, widthPx, heightPx } = actor.cutOut;
    cutOuts.set(
      actor,
      await scaled({
        file,
        part: { left, top, width: widthPx, height: heightPx },
        widthPx: Math.max(1, Math.round(actor.width * size.widthPx)),
        heightPx: Math.max(1, Math.round(actor.height * size.heightPx)),
      }),
    );
  }
  const random = seededRandom(seed);
  // Drawn once and read from another place for each frame: as random as a gate can tell.
  const noise = Float32Array.from({ length: 1 << 20 }, () => random.normal(noiseDeviation));
  const canvas = new Uint8Array(size.widthPx * size.heightPx * 3);
  return (atSeconds) => {
    canvas.set(background.pixels);
    for (const { actor, wholeBox } of viewAt(scene, atSeconds)) {
      const left = Math.round(wholeBox[0] * size.widthPx);
      paste(cutOuts.get(actor)!, { ...size, pixels: canvas }, { left, top: Math.round(wholeBox[1] * size.heightPx) });
    }
    const light = 1 + lightSwing * Math.sin((2 * Math.PI * atSeconds) / lightPeriodSeconds);
    let from = Math.floor(random.between(0, noise.length));
    for (let at = 0; at < canvas.length; at++) {
      const value = canvas[at]! * light + noise[from++ & (noise.length - 1)]!;
      canvas[at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
    return canvas;
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

function paste(picture: Picture, canvas: Picture, { left, top }: { left: number; top: number }): void {
  const fromX = Math.max(0, -left);
  const toX = Math.min(picture.widthPx, canvas.widthPx - left);
  if (toX <= fromX) return;
  for (let y = Math.max(0, -top); y < Math.min(picture.heightPx, canvas.heightPx - top); y++) {
    const row = picture.pixels.subarray((y * picture.widthPx + fromX) * 3, (y * picture.widthPx + toX) * 3);
    canvas.pixels.set(row, ((top + y) * canvas.widthPx + left + fromX) * 3);
  }
}
