/** The argument lists of rpicam-vid and rpicam-still; their libcamera-* ancestors take the same options. */
import type { RpicamConfig, StillsConfig } from '../../config/camera-section.ts';
import type { RotationDeg } from './frame.ts';

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** libcamera rounds YUV420 pictures down to even sizes; asking for them keeps both sides of one mind. */
export function evenSize({ widthPx, heightPx }: PictureSize): PictureSize {
  return { widthPx: widthPx - (widthPx % 2), heightPx: heightPx - (heightPx % 2) };
}

/** What the camera doesn't turn itself: it knows 0 and 180 only. */
export function remainingRotation(rotationDeg: RotationDeg): RotationDeg {
  return rotationDeg === 180 ? 0 : rotationDeg;
}

/** An endless stream to stdout. */
export function videoArguments(config: RpicamConfig): string[] {
  return [...streamArguments(config), '--timeout', '0'];
}

/** One frame to stdout: its length tells the stride. */
export function oneFrameArguments(config: RpicamConfig): string[] {
  return [...streamArguments(config), '--frames', '1'];
}

function streamArguments(config: RpicamConfig): string[] {
  return [
    ...pictureArguments(config),
    ...['--framerate', String(config.framesPerSecond)],
    ...['--codec', config.format],
    ...(config.format === 'mjpeg' ? ['--quality', String(config.mjpegQuality)] : []),
    ...['--flush', '--output', '-'],
  ];
}

/** One JPEG to stdout, after a moment in which exposure and white balance settle. */
export function stillArguments(config: StillsConfig): string[] {
  return [
    ...pictureArguments(config),
    ...['--timeout', String(settlingMs(config.intervalMs))],
    ...['--encoding', 'jpg', '--thumb', 'none', '--output', '-'],
  ];
}

/** A fifth of the interval, a second at most. */
export function settlingMs(intervalMs: number): number {
  return Math.min(1000, Math.round(intervalMs / 5));
}

function pictureArguments(config: RpicamConfig | StillsConfig): string[] {
  const { widthPx, heightPx } = evenSize(config);
  return [
    ...['--nopreview', '--camera', String(config.cameraIndex)],
    ...['--width', String(widthPx), '--height', String(heightPx)],
    ...['--exposure', config.exposure],
    ...(config.shutterUs === undefined ? [] : ['--shutter', String(config.shutterUs)]),
    ...(config.gain === undefined ? [] : ['--gain', String(config.gain)]),
    // With = because a negative number would look like an option.
    ...(config.brightness === undefined ? [] : [`--brightness=${config.brightness}`]),
    ...(config.flipHorizontal ? ['--hflip'] : []),
    ...(config.flipVertical ? ['--vflip'] : []),
    ...(config.rotationDeg === 180 ? ['--rotation', '180'] : []),
  ];
}
