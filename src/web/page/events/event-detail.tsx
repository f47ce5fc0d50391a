/** One event: its picture, its score over its life, and for each rule why it fired or what kept it. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isConnected, request } from '../connection.ts';
import { AddToTraining } from '../models/add-to-training.tsx';
import { text } from '../texts/text.ts';
import type { Condition, EventRecord, Verdict } from './event-types.ts';
import { ScoreLine } from './score-line.tsx';
import { dayOf, durationText, timeOf } from './times.ts';

/** How often an event that lasts is asked for. */
const againMs = 2000;

export function EventDetail({ id }: { readonly id: string }): JSX.Element {
  const event = useSignal<EventRecord | undefined>(undefined);
  const trouble = useSignal('');
  useEffect(() => {
    if (!isConnected.value) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const load = (): void => {
      request<EventRecord>('event', { id }).then(
        (found) => {
          if (isOver) return;
          event.value = found;
          if (found.lasts === true) timer = setTimeout(load, againMs);
        },
        (error: Error) => {
          trouble.value = error.message;
        },
      );
    };
    load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [id, isConnected.value]);
  const found = event.value;
  return (
    <article class="event-detail">
      <p>
        <a href="#/events">{text('events.back')}</a>
      </p>
      <p role="alert">{trouble.value}</p>
      {found !== undefined && <Found event={found} />}
    </article>
  );
}

function Found({ event }: { readonly event: EventRecord }): JSX.Element {
  const { id, label, camera, score, startMs, endMs, zones, picture, verdicts, scores, crossings, estimates } = event;
  return (
    <>
      <h1>{`${label} ${Math.round(100 * score)} %`}</h1>
      {picture !== false && <img class="event-picture" src={`./pictures/${id}`} alt={`${label}, ${camera}`} />}
      <dl>
        <Fact name={text('events.camera')}>{camera}</Fact>
        <Fact
          name={text('events.when')}
        >{`${dayOf(startMs)}, ${timeOf(startMs)} – ${event.lasts ? text('events.lasts') : timeOf(endMs)} (${durationText(endMs - startMs)})`}</Fact>
        {zones.length > 0 && <Fact name={text('events.zones')}>{zones.join(' → ')}</Fact>}
        {crossings.map(({ line, direction, atMs }) => (
          <Fact key={`${line}${atMs}`} name={text('events.crossed')}>{`${line} ${direction}, ${timeOf(atMs)}`}</Fact>
        ))}
        {(estimates ?? []).map(({ name, value, score: sure }) => (
          <Fact key={name} name={text('events.estimate', { name })}>
            {`${value ?? ''}${sure === undefined ? '' : ` (${Math.round(100 * sure)} %)`}`}
          </Fact>
        ))}
        <Fact name={text('events.model')}>{`${event.modelSha256.slice(0, 12)} ${event.backend}`}</Fact>
      </dl>
      {picture !== false && <AddToTraining event={id} />}
      <h2>{text('events.why')}</h2>
      {verdicts.length === 0 && <p>{text('events.noRules')}</p>}
      {verdicts.map((verdict) => (
        <Rule key={verdict.rule} verdict={verdict} />
      ))}
      <h2>{text('events.score')}</h2>
      <ScoreLine scores={scores} lengthMs={endMs - startMs} />
      <h2>{text('events.messages')}</h2>
      <Messages event={event} />
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Rule({ verdict: { rule, fired, atMs, conditions, actions } }: { readonly verdict: Verdict }): JSX.Element {
  return (
    <section class={`verdict ${fired ? 'has-fired' : 'was-kept'}`} aria-label={rule}>
      <h3>{fired ? text('why.fired', { rule, time: timeOf(atMs) }) : text('why.kept', { rule })}</h3>
      {actions.length > 0 && <p>{actions.join(', ')}</p>}
      <ul>
        {conditions.map((condition) => (
          <li key={condition.name} class={condition.holds ? 'holds' : 'fails'}>
            {`${condition.holds ? '✓' : '✗'} ${conditionText(condition)}`}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `Score 62 %, wanted at least 70 %`. */
function conditionText({ name, wanted, seen }: Condition): string {
  const shown = (value: Condition['seen']): string => {
    if (name === 'score' || name === 'size') return `${Math.round(1000 * Number(value)) / 10} %`;
    if ((name === 'dwell' || name === 'cooldown') && typeof value === 'number') return durationText(value);
    if (name === 'schedule' && typeof value === 'string') return timeOf(Date.parse(value));
    if (typeof value === 'object') return value.join(', ') || '–';
    return String(value);
  };
  const key = name === 'armed' && seen === true ? 'why.armed.on' : (`why.${name}` as const);
  return text(key, { wanted: shown(wanted), seen: shown(seen) });
}

function Messages({ event: { messages, furtherMessages } }: { readonly event: EventRecord }): JSX.Element {
  if (messages.length === 0) return <p>{text('events.noMessages')}</p>;
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">{text('events.number')}</th>
            <th scope="col">{text('events.type')}</th>
            <th scope="col">{text('events.told')}</th>
            <th scope="col">{text('events.taken')}</th>
          </tr>
        </thead>
        <tbody>
          {messages.map(({ type, sequence, atMs, takenMs }) => (
            <tr key={sequence}>
              <td>{sequence}</td>
              <td>{type}</td>
              <td>{timeOf(atMs)}</td>
              <td>{takenMs === undefined ? text('events.waiting') : timeOf(takenMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {furtherMessages > 0 && <p>{text('events.further', { count: furtherMessages })}</p>}
    </>
  );
}
