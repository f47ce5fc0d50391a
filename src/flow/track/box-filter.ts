/**
 * A Kalman filter of a box that moves: centre with velocity, size. Pure functions of time, so that any frame rate will do.
 * The model of SORT (Bewley et al., 2016) and ByteTrack, whose matrices fall apart into one small filter per coordinate.
 */
import type { Box } from '../../geometry/boxes.ts';
import { type BoxObservation, type Cut, observationOf, type SeenBox } from './box-observation.ts';

/** A coordinate with its velocity per second, and their covariance. */
interface Motion {
  readonly value: number;
  readonly velocity: number;
  readonly variance: number;
  readonly covariance: number;
  readonly velocityVariance: number;
}

/** A coordinate that wanders without a direction. */
interface Level {
  readonly value: number;
  readonly variance: number;
}

/** In fractions of the frame, as of the last observation. */
export interface BoxFilter {
  readonly x: Motion;
  readonly y: Motion;
  readonly width: Level;
  readonly height: Level;
}

/**
 * All noise grows with the object's size, the root of its area: what is near moves and jitters more in the picture. Found on
 * composed scenes (goby bench tracking) of other seeds than those that are reported.
 */
const noise = {
  /** Error of a detector's box, standard deviation in sizes. */
  observation: 0.072,
  /** Error of a place that was found by the looks of what was there before, standard deviation in sizes. */
  looks: 0.1,
  /** Speed of what just appeared, sizes a second. */
  firstSpeed: 0.7,
  /** How fast speeds change, sizes per second to the power of 3/2. */
  acceleration: 0.8,
  /** How fast boxes grow and shrink, sizes per root of a second. */
  growth: 0.03,
  /** How little is known of the extent of what the frame's edge cuts, and of its centre, sizes. */
  cutExtent: 0.54,
  cutCentre: 0.08,
};
/** What nobody sees slows down with this time constant, seconds: people stop and turn. */
const slowingSeconds = 7.5;
/** What appears at an edge is coming in, sizes a second. */
const inwardSpeed = 0.5;

export function startFilter(box: SeenBox): BoxFilter {
  const seen = observationOf(box);
  const size = Math.sqrt(seen.width * seen.height);
  const variance = square(noise.observation * size);
  const motion = (value: number, cut: Cut): Motion => ({
    value,
    velocity: inwardSpeed * size * (cut === 'low' ? 1 : cut === 'high' ? -1 : 0),
    variance,
    covariance: 0,
    velocityVariance: square(noise.firstSpeed * size),
  });
  const filter = {
    x: motion(seen.x, seen.cutX),
    // Nothing comes in from above or below: what is cut there is near.
    y: motion(seen.y, 'none'),
    width: { value: seen.width, variance },
    height: { value: seen.height, variance },
  };
  return doubtWhatIsCut(filter, seen);
}

/** Where the box should be some time later. @param seconds 0 or more */
export function predict(filter: BoxFilter, seconds: number): BoxFilter {
  const size = sizeOf(filter);
  const spread = square(noise.acceleration * size);
  const growth = square(noise.growth * size) * seconds;
  return {
    x: move(filter.x, seconds, spread),
    y: move(filter.y, seconds, spread),
    width: { value: filter.width.value, variance: filter.width.variance + growth },
    height: { value: filter.height.value, variance: filter.height.variance + growth },
  };
}

/** Takes in a detection at the time that the filter was predicted to. */
export function correct(predicted: BoxFilter, box: SeenBox): BoxFilter {
  const seen = completed(predicted, box);
  const error = square(noise.observation * sizeOf(predicted));
  const across = errorOf(error, seen.cutX);
  const down = errorOf(error, seen.cutY);
  const filter = {
    x: observe(predicted.x, seen.x, across),
    y: observe(predicted.y, seen.y, down),
    width: observeLevel(predicted.width, seen.width, across),
    height: observeLevel(predicted.height, seen.height, down),
  };
  return doubtWhatIsCut(filter, seen);
}

/** Takes in that it is so far from where it was predicted to be, in fractions of the frame, by its looks: they tell nothing of its extent. */
export function shifted(predicted: BoxFilter, across: number, down: number): BoxFilter {
  const error = square(noise.looks * sizeOf(predicted));
  return {
    ...predicted,
    x: observe(predicted.x, predicted.x.value + across, error),
    y: observe(predicted.y, predicted.y.value + down, error),
  };
}

/** The same place, but at rest: nothing moved in the picture. */
export function rest(filter: BoxFilter): BoxFilter {
  const still = (motion: Motion): Motion => ({ ...motion, velocity: 0, covariance: 0 });
  return { ...filter, x: still(filter.x), y: still(filter.y) };
}

/**
 * Squared Mahalanobis distance of a detection from a prediction: four normal variables, so chi-squared with 4 degrees of freedom.
 * Called for each pair of track and detection: allocates nothing for boxes that no edge cuts.
 * @param alone the observation of the box without a prediction, where it is known already
 */
export function squaredDistance(
  predicted: BoxFilter,
  box: SeenBox,
  alone: BoxObservation = observationOf(box),
): number {
  const isWhole = alone.cutX === 'none' && alone.cutY === 'none';
  const seen = isWhole ? alone : completed(predicted, box);
  const error = square(noise.observation * sizeOf(predicted));
  const across = errorOf(error, seen.cutX);
  const down = errorOf(error, seen.cutY);
  const { x, y, width, height } = predicted;
  return (
    square(seen.x - x.value) / (x.variance + across) +
    square(seen.y - y.value) / (y.variance + down) +
    square(seen.width - width.value) / (width.variance + across) +
    square(seen.height - height.value) / (height.variance + down)
  );
}

/** Logarithm of the determinant of the innovation's covariance: how little a prediction commits itself to. */
export function logUncertainty(predicted: BoxFilter): number {
  const error = square(noise.observation * sizeOf(predicted));
  const { x, y, width, height } = predicted;
  return Math.log((x.variance + error) * (y.variance + error) * (width.variance + error) * (height.variance + error));
}

/** How uncertain the centre is, standard deviation in sizes of the object. */
export function spreadOf(predicted: BoxFilter): number {
  return Math.sqrt(predicted.x.variance + predicted.y.variance) / sizeOf(predicted);
}

/** How fast the centre moves, sizes a second. */
export function speedOf(filter: BoxFilter): number {
  return Math.hypot(filter.x.velocity, filter.y.velocity) / sizeOf(filter);
}

/** The filtered box, not clipped to the frame. */
export function boxOf({ x, y, width, height }: BoxFilter): Box {
  const halfWidth = Math.max(0, width.value) / 2;
  const halfHeight = Math.max(0, height.value) / 2;
  return [x.value - halfWidth, y.value - halfHeight, x.value + halfWidth, y.value + halfHeight];
}

/** A detection as this prediction explains it: what is cut reaches on to its known extent. */
function completed(predicted: BoxFilter, box: SeenBox): BoxObservation {
  return observationOf(box, { width: predicted.width.value, height: predicted.height.value });
}

/** What is cut is less certain. */
function errorOf(error: number, cut: Cut): number {
  return cut === 'none' ? error : 2.5 * error;
}

/** What the edge cuts unfolds as it comes in: its extent is only known once it is whole. */
function doubtWhatIsCut(filter: BoxFilter, { cutX, cutY }: { cutX: Cut; cutY: Cut }): BoxFilter {
  if (cutX === 'none' && cutY === 'none') return filter;
  const size = sizeOf(filter);
  const doubt = <Coordinate extends Level>(coordinate: Coordinate, cut: Cut, deviation: number): Coordinate =>
    cut === 'none' ? coordinate : { ...coordinate, variance: Math.max(coordinate.variance, square(deviation * size)) };
  return {
    x: doubt(filter.x, cutX, noise.cutCentre),
    y: doubt(filter.y, cutY, noise.cutCentre),
    width: doubt(filter.width, cutX, noise.cutExtent),
    height: doubt(filter.height, cutY, noise.cutExtent),
  };
}

/** A velocity that slowly fades, disturbed by white noise as a constant velocity would be, which it nearly is between two looks. */
function move(motion: Motion, seconds: number, spread: number): Motion {
  const { value, velocity, variance, covariance, velocityVariance } = motion;
  const fade = Math.exp(-seconds / slowingSeconds);
  const reach = slowingSeconds * (1 - fade);
  return {
    value: value + reach * velocity,
    velocity: fade * velocity,
    variance: variance + 2 * reach * covariance + reach * reach * velocityVariance + (spread * seconds ** 3) / 3,
    covariance: fade * (covariance + reach * velocityVariance) + (spread * seconds ** 2) / 2,
    velocityVariance: fade * fade * velocityVariance + spread * seconds,
  };
}

function observe(motion: Motion, observed: number, error: number): Motion {
  const total = motion.variance + error;
  const gain = motion.variance / total;
  const velocityGain = motion.covariance / total;
  const surprise = observed - motion.value;
  return {
    value: motion.value + gain * surprise,
    velocity: motion.velocity + velocityGain * surprise,
    variance: (1 - gain) * motion.variance,
    covariance: (1 - gain) * motion.covariance,
    velocityVariance: motion.velocityVariance - velocityGain * motion.covariance,
  };
}

function observeLevel({ value, variance }: Level, observed: number, error: number): Level {
  const gain = variance / (variance + error);
  return { value: value + gain * (observed - value), variance: (1 - gain) * variance };
}

/** Never zero: a degenerate box has some extent. */
function sizeOf({ width, height }: BoxFilter): number {
  return Math.max(1e-3, Math.sqrt(Math.max(0, width.value) * Math.max(0, height.value)));
}

function square(value: number): number {
  return value * value;
}
