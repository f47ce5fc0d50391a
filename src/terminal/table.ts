/** Plain tables for the terminal: columns padded to their widest cell, numbers to the right. */

export type Cell = string | number;

/** Renders rows below a header; no trailing newline. Cells are printed as they are: format numbers before. */
export function table(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => header.map((_, column) => String(row[column] ?? '')));
  const widths = header.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]!.length)));
  const numeric = header.map(
    (_, column) =>
      cells.length > 0 && cells.every((row) => /^[-+]?[\d.,]*\d( ?[%a-zA-Z]{1,3})?$|^-?$/.test(row[column]!)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
