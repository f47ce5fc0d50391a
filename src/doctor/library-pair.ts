/** Do libedgetpu and the TensorFlow Lite library fit? It is built for one version, and crashes with some others. */
import { type Finding, ok, warn } from './finding.ts';

export interface LibraryPair {
  /** Version of libedgetpu's package, such as 16.0tf2.17.1-1.trixie; absent: no package has it. */
  readonly edgetpuPackage?: string;
  /** What TfLiteVersion says. */
  readonly tensorflow?: string;
  /** Whether a golden inference ran on it here. */
  readonly answers: boolean;
}

/** Google's own packages don't name it: release "grouper" was built for 2.5. */
const googlesOwn = '2.5';
/** From this minor version on users report crashes with Google's own: google-coral/edgetpu issues on segmentation faults. */
const crashesFrom = 12;
/** Pairs that others ship. Nobody has run one with goby yet. */
const shippedByOthers: readonly { readonly tensorflow: string; readonly by: string }[] = [
  { tensorflow: '2.17.1', by: 'Frigate' },
];

const remedy = 'Which pairs there are, and how to name another library: docs/coral.md, step 5.';

/** @returns undefined where a part of the pair isn't known */
export function checkLibraryPair({ edgetpuPackage, tensorflow, answers }: LibraryPair): Finding | undefined {
  if (edgetpuPackage === undefined || tensorflow === undefined) return undefined;
  const part = 'edge tpu libraries';
  const builtFor = /tf(\d+\.\d+(?:\.\d+)?)/i.exec(edgetpuPackage)?.[1] ?? googlesOwn;
  const pair = `libedgetpu ${edgetpuPackage} was built for TensorFlow ${builtFor}, and TensorFlow Lite here is ${tensorflow}`;
  if (answers) return ok(part, `${pair}: a golden inference ran, so this pair works.`);
  const shipped = shippedByOthers.find((one) => one.tensorflow === tensorflow && builtFor === tensorflow);
  if (shipped !== undefined) return ok(part, `${pair}: ${shipped.by} ships this pair; untried with goby.`);
  if (minorOf(builtFor) === minorOf(tensorflow))
    return ok(part, `${pair}: they fit by their numbers; untried with goby.`);
  if (builtFor === googlesOwn && Number(minorOf(tensorflow).split('.')[1]) >= crashesFrom) {
    return warn(part, `${pair}: users report crashes of such pairs.`, remedy);
  }
  return warn(part, `${pair}: untried. A golden inference decides.`, remedy);
}

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.');

/** @param status content of /var/lib/dpkg/status @returns the version of the package that is installed */
export function edgetpuPackageOf(status: string): string | undefined {
  for (const entry of status.split('\n\n')) {
    if (!/^Package: libedgetpu1-(std|max)$/m.test(entry) || !/^Status: .* installed$/m.test(entry)) continue;
    return /^Version: (\S+)$/m.exec(entry)?.[1];
  }
  return undefined;
}
