/** A table that scrolls sideways where it doesn't fit, by finger, mouse and keyboard. */
import type { ComponentChildren, JSX } from 'preact';

interface Props {
  /** What the table is of, for who doesn't see it. */
  readonly label: string;
  /** Of the columns; each its own text. */
  readonly headings: readonly string[];
  /** Its rows. */
  readonly children: ComponentChildren;
}

export function ScrollingTable({ label, headings, children }: Props): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard this way.
    <section class="scrolling" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {headings.map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
