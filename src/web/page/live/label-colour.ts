/** A colour for each label, always the same, bright enough for black letters on it. */
export function labelColour(label: string): string {
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  return `hsl(${hash % 360} 85% 65%)`;
}
