/** Label files that lie beside a model, by their names. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const endings = ['.txt', '.names', '.pbtxt', '.yaml', '.yml'];
/** What exports call theirs. */
const usual = ['labels.txt', 'labelmap.txt', 'label_map.pbtxt', 'labelmap.pbtxt', 'labels.json', 'data.yaml'];

/** Where a model's own label file may lie: NAME.txt beside NAME.tflite, and the like. */
export function ownLabelFiles(model: string): readonly string[] {
  const stem = model.replace(/\.(tflite|lite)$/i, '');
  return stem === model ? [] : endings.map((ending) => `${stem}${ending}`);
}

export interface FoundLabels {
  readonly path: string;
  /** Whether its name is the model's: it is meant for it, and has to fit. */
  readonly isOwn: boolean;
}

/** A file under the usual name is taken where no other model lies in the folder. */
export function labelsBeside(model: string): FoundLabels | undefined {
  const own = ownLabelFiles(model).find((path) => existsSync(path));
  if (own !== undefined) return { path: own, isOwn: true };
  const folder = dirname(model);
  if (!isAlone(model, folder)) return undefined;
  const found = usual.map((name) => join(folder, name)).find((path) => existsSync(path));
  return found === undefined ? undefined : { path: found, isOwn: false };
}

/** Its twin for the Edge TPU is no other model. */
function isAlone(model: string, folder: string): boolean {
  try {
    const models = readdirSync(folder).filter(
      (name) => /\.(tflite|lite)$/i.test(name) && !/_edgetpu\.(tflite|lite)$/i.test(name),
    );
    return models.length === 1 && join(folder, models[0]!) === model;
  } catch {
    return false;
  }
}
