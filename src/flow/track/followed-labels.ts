/** Which labels of a model become presence, events, snapshots and entities. */

/**
 * @param configured `cameras.<name>.labels`; absent: person where the model knows it, else every label; empty: every label
 * @param known labels of the model, as far as it names them
 * @returns the labels to follow; empty: all
 */
export function followedLabels(
  configured: readonly string[] | undefined,
  known: readonly string[] | undefined,
): readonly string[] {
  return configured ?? (known?.includes(person) ? [person] : []);
}

const person = 'person';
