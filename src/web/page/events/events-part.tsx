/** Events: a timeline that loads as one scrolls, and each event with why the rules did what they did. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isConnected, onMessage, request } from '../connection.ts';
import { text } from '../texts/text.ts';
import { EventDetail } from './event-detail.tsx';
import { EventFilters, type Filter } from './event-filters.tsx';
import type { EventSummary, EventsAnswer, Names } from './event-types.ts';
import { dayOf, durationText, timeOf } from './times.ts';

export function EventsPart({ path }: { readonly path: string }): JSX.Element {
  const filter = useSignal<Filter>({});
  const events = useSignal<readonly EventSummary[]>([]);
  const live = useSignal<readonly EventSummary[]>([]);
  const names = useSignal<Names>({ cameras: [], labels: [], zones: [] });
  const next = useSignal<string | undefined>(undefined);
  const trouble = useSignal('');
  /** Answers to an older question come too late. */
  const question = useRef(0);

  const load = async (before?: string): Promise<void> => {
    const asked = before === undefined ? ++question.current : question.current;
    try {
      const answer = await request<EventsAnswer>('events', {
        ...filter.value,
        ...(before === undefined ? {} : { before }),
      });
      if (asked !== question.current) return;
      events.value = before === undefined ? answer.events : [...events.value, ...answer.events];
      next.value = answer.next;
      if (answer.live !== undefined) live.value = answer.live;
      if (answer.names !== undefined) names.value = answer.names;
      trouble.value = '';
    } catch (error) {
      trouble.value = (error as Error).message;
    }
  };

  useEffect(() => {
    if (isConnected.value) void load();
  }, [isConnected.value, filter.value]);
  useEffect(() => {
    let timer: number | undefined;
    // What begins or ends is shown soon; many at once are one look.
    const stop = onMessage((topic, payload) => {
      if (!/^(?!response\/)[^/]+\/events$/.test(topic) || (payload as { type?: string }).type === 'update') return;
      timer ??= setTimeout(() => {
        timer = undefined;
        if (scrollY < innerHeight) void load();
      }, 800) as unknown as number;
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);

  const id = /^\/events\/([a-z0-9-]+)/.exec(path)?.[1];
  if (id !== undefined) return <EventDetail id={id} />;
  const shown = [...live.value, ...events.value];
  return (
    <>
      <h1>{text('nav.events')}</h1>
      <EventFilters
        names={names.value}
        filter={filter.value}
        onChange={(chosen) => {
          filter.value = chosen;
        }}
      />
      <p role="alert">{trouble.value}</p>
      {shown.length === 0 && trouble.value === '' && <p>{text('events.none')}</p>}
      <Days events={shown} />
      {next.value !== undefined && <More onReach={() => void load(next.value)} key={next.value} />}
    </>
  );
}

function Days({ events }: { readonly events: readonly EventSummary[] }): JSX.Element {
  const days = new Map<string, EventSummary[]>();
  for (const event of events) {
    const day = dayOf(event.startMs);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return (
    <>
      {[...days].map(([day, list]) => (
        <section key={day}>
          <h2>{day}</h2>
          <ul class="events">
            {list.map((event) => (
              <li key={event.id}>
                <EventCard event={event} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function EventCard({ event }: { readonly event: EventSummary }): JSX.Element {
  const { id, label, camera, score, startMs, endMs, zones, fired, picture } = event;
  return (
    <a class="event" href={`#/events/${id}`}>
      {picture === false ? (
        <span class="no-picture" />
      ) : (
        <img src={`./pictures/${id}`} alt="" loading="lazy" width="160" height="90" />
      )}
      <span class="event-text">
        <strong>{`${label} ${Math.round(100 * score)} %`}</strong>
        <span>{`${camera}, ${timeOf(startMs)}`}</span>
        <span>{endMs === undefined ? text('events.lasts') : durationText(endMs - startMs)}</span>
        {zones.length > 0 && <span>{zones.join(', ')}</span>}
        {fired !== undefined && fired.length > 0 && <span class="fired">{fired.join(', ')}</span>}
      </span>
    </a>
  );
}

/** Asks for more when it comes into view; a button for those who don't scroll. */
function More({ onReach }: { onReach(): void }): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) onReach();
    });
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <button ref={button} type="button" class="plain" onClick={onReach}>
      {text('events.more')}
    </button>
  );
}
