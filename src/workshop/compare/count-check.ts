/** Whether counted multiply-accumulates and parameters agree with the published ones, and if not, why. */
import type { PublishedFigures } from './published-figures.ts';

export interface Counted {
  readonly macs: number;
  readonly parameters: number;
  /** Multiply-accumulates and parameters of the last dense layer: what a retrained or cut model has changed. */
  readonly head: { readonly macs: number; readonly parameters: number };
  /** Values in front of the classifier: 1,024 x width for V1. */
  readonly features: number;
}

export interface CountCheck {
  readonly what: 'MACs' | 'parameters';
  readonly counted: number;
  readonly published: number;
  /** counted / published - 1. */
  readonly deviation: number;
  /** Within 1 %, as it is or for the stated reason. */
  readonly agrees: boolean;
  /** Why a figure is off by more than 1 %. */
  readonly reason?: string;
}

const tolerance = 0.01;
/** ImageNet's 1,000 classes and one for the background. */
const publishedClasses = 1001;

export function checkCounts(counted: Counted, published: PublishedFigures): CountCheck[] {
  return [
    check('MACs', counted, { million: published.millionMacs, step: 1e6, doubt: published.doubt }),
    check('parameters', counted, { million: published.millionParameters, step: 1e4, doubt: undefined }),
  ];
}

function check(
  what: CountCheck['what'],
  { macs, parameters, head, features }: Counted,
  { million, step, doubt }: { million: number; step: number; doubt: string | undefined },
): CountCheck {
  const counted = what === 'MACs' ? macs : parameters;
  const published = million * 1e6;
  const deviation = counted / published - 1;
  const base = { what, counted, published, deviation };
  if (Math.abs(deviation) <= tolerance) return { ...base, agrees: true };
  if (Math.round(counted / step) * step === published) {
    return { ...base, agrees: true, reason: 'the published figure is rounded' };
  }
  const otherHead = what === 'MACs' ? head.macs : head.parameters;
  const usualHead = what === 'MACs' ? features * publishedClasses : (features + 1) * publishedClasses;
  const withUsualHead = counted - otherHead + usualHead;
  if (otherHead !== usualHead && Math.abs(withUsualHead / published - 1) <= tolerance) {
    return {
      ...base,
      agrees: true,
      reason: `the published figure has a classifier of ${publishedClasses.toLocaleString('en')} classes, with which this file would have ${(withUsualHead / 1e6).toFixed(2)} million`,
    };
  }
  return { ...base, agrees: false, ...(doubt === undefined ? {} : { reason: doubt }) };
}
