/** Which MobileNet a file is: version, width and resolution, told from its name as all publishers spell it. */

export interface Architecture {
  readonly version: 1 | 2;
  /** Width multiplier, such as 0.75. */
  readonly width: number;
  /** Side of the square input in pixels. */
  readonly resolutionPx: number;
}

/** `mobilenet_v1_0.25_128_quant`, `tf2_mobilenet_v2_1.0_224_ptq`, `mobilenet_v2_1.4_224`; undefined for detectors and others. */
export function architectureOf(name: string): Architecture | undefined {
  const found = /(?:^|_)(?:tf2_)?mobilenet_v([12])_(\d(?:\.\d+)?)_(\d{2,3})(?:_|\.|$)/.exec(name);
  if (found === null || /ssd/.test(name)) return undefined;
  const [, version, width, resolution] = found;
  return { version: version === '1' ? 1 : 2, width: Number(width), resolutionPx: Number(resolution) };
}

/** `MobileNet V1 0.25 128`. */
export function architectureTitle({ version, width, resolutionPx }: Architecture): string {
  return `MobileNet V${version} ${width.toFixed(width * 10 === Math.round(width * 10) ? 1 : 2)} ${resolutionPx}`;
}
