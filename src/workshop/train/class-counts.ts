/** What is to be known of the photos of each class before a training runs: thin classes, unbalanced ones. */

/** retrain.py warns below this number too. */
const thin = 20;
/** So many times as many photos as the smallest class, and accuracy says more about the largest than about all. */
const unbalanced = 5;

/** Sentences, none where every class has enough. */
export function countWarnings(counts: ReadonlyMap<string, number>): string[] {
  const entries = [...counts].toSorted((a, b) => a[1] - b[1]);
  const few = entries.filter(([, count]) => count < thin);
  const [smallest] = entries;
  const largest = entries.at(-1);
  return [
    ...(few.length === 0
      ? []
      : [
          `Few photos: ${few.map(([name, count]) => `${name} has ${count}`).join(', ')}. Below ${thin} of a class little can be learned of it, and what the test says of it is chance.`,
        ]),
    ...(smallest === undefined || largest === undefined || !isUnbalanced(counts)
      ? []
      : [
          `${largest[0]} has ${largest[1]} photos, ${smallest[0]} ${smallest[1]}: photos of small classes count more in training, and balanced accuracy, the mean of the classes' recall, is told beside accuracy.`,
        ]),
  ];
}

export function isUnbalanced(counts: ReadonlyMap<string, number>): boolean {
  const all = [...counts.values()];
  return Math.max(...all) >= unbalanced * Math.min(...all);
}
