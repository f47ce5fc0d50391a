/** How sure an accuracy is: the interval that holds the true share in 95 of 100 cases. */

/** Quantile 0.975 of the normal distribution. */
const z = 1.959964;

/**
 * Wilson's score interval (E. B. Wilson, JASA 22, 1927): it stays within 0..1 and is right for few photos and for none wrong,
 * where the usual one says 100 % +- 0.
 * @returns undefined for no photos
 */
export function wilsonInterval(
  right: number,
  photos: number,
): { readonly low: number; readonly high: number } | undefined {
  if (photos === 0) return undefined;
  const share = right / photos;
  const middle = share + z ** 2 / (2 * photos);
  const spread = z * Math.sqrt((share * (1 - share)) / photos + z ** 2 / (4 * photos ** 2));
  const whole = 1 + z ** 2 / photos;
  return { low: Math.max(0, (middle - spread) / whole), high: Math.min(1, (middle + spread) / whole) };
}

/** `43.9 to 100.0 %`; `-` for no photos. */
export function intervalText(right: number, photos: number): string {
  const interval = wilsonInterval(right, photos);
  if (interval === undefined) return '-';
  return `${(100 * interval.low).toFixed(1)} to ${(100 * interval.high).toFixed(1)} %`;
}
