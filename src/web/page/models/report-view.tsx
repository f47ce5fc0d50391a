/** How good a trained model is: on photos that it had not seen, with how sure that is, by class, and what it got wrong. */
import type { JSX } from 'preact';
import { ScrollingTable } from '../shell/scrolling-table.tsx';
import { text } from '../texts/text.ts';
import type { Report } from './training-types.ts';

const percent = (share: number): string => (100 * share).toFixed(0);

export function ReportView({ set, report }: { readonly set: string; readonly report: Report }): JSX.Element {
  const { labels, perClass, quantized, interval, notes } = report;
  const { photos, right, accuracy, confusion, mistakes } = quantized;
  return (
    <section aria-label={text('training.report')}>
      <h2>{text('training.report')}</h2>
      <p>
        {accuracy === undefined || interval === undefined
          ? text('training.noTest')
          : text('training.accuracy', {
              right,
              photos,
              share: percent(accuracy),
              low: percent(interval.low),
              high: percent(interval.high),
            })}
      </p>
      <ScrollingTable
        label={text('training.said', { name: '' })}
        headings={[
          text('training.is'),
          text('training.learned'),
          ...labels.map((name) => text('training.said', { name })),
        ]}
      >
        {labels.map((name, truth) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{perClass[truth]}</td>
            {labels.map((said, at) => (
              <td key={said} class={at === truth ? 'is-right' : ''}>
                {confusion[truth]?.[at]}
              </td>
            ))}
          </tr>
        ))}
      </ScrollingTable>
      {mistakes.length > 0 && <h3>{text('training.mistakes')}</h3>}
      <ul class="photos">
        {mistakes.map(({ photo, truth, said, score }) => {
          const words = { truth: labels[truth] ?? '', said: labels[said] ?? '', score: percent(score) };
          return (
            <li key={photo}>
              <img src={`./training/${set}/${photo}`} alt="" width="120" height="90" loading="lazy" />
              <span>{text('training.mistake', words)}</span>
            </li>
          );
        })}
      </ul>
      {notes.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
    </section>
  );
}
