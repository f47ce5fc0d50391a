/** Are the MQTT topics that documents name among those that goby publishes or takes? */
import { type Document, type Piece, type Problems, told } from './document.ts';
import { shellCommands } from './shell.ts';

/** @param known topics below goby/<device id>/, and others whole; `*` for names */
export function topicProblems(document: Document, known: readonly string[]): Problems {
  const patterns = known.map((topic) => topic.split('/'));
  return namedTopics(document)
    .filter(({ text }) => !isKnown(withoutBase(text.split('/')), patterns))
    .map((piece) => told(document, piece, `goby has no topic ${piece.text}`));
}

function namedTopics(document: Document): Piece[] {
  const inSpans = document.spans.filter(({ text }) =>
    /^(goby|<camera>|request|response|output|control|alert|frigate|homeassistant)\/[^\s.]+$/.test(text),
  );
  const inCommands = shellCommands(document).flatMap(({ line, words }) =>
    /^mosquitto_(pub|sub)$/.test(words[0] ?? '') && words.includes('-t')
      ? [{ line, text: words[words.indexOf('-t') + 1] ?? '' }]
      : [],
  );
  return [...inSpans, ...inCommands, ...firstColumns(document)];
}

/** Tables whose first column is headed `topic`. */
function firstColumns({ lines }: Document): Piece[] {
  let inside = false;
  return lines.flatMap((line, index) => {
    if (/^\| topic \|/.test(line)) inside = true;
    if (!line.startsWith('|')) inside = false;
    const cell = inside ? (line.split('|')[1] ?? '') : '';
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ line: index + 1, text }));
  });
}

function withoutBase(levels: readonly string[]): readonly string[] {
  return levels[0] === 'goby' ? (levels[1] === '#' ? ['#'] : levels.slice(2)) : levels;
}

/** Named levels may be placeholders or wildcards of MQTT. `<command>` may stand for a word of goby's own, `<camera>` only for a name. */
function isKnown(named: readonly string[], patterns: readonly (readonly string[])[]): boolean {
  return patterns.some((pattern) => {
    const isRest = named.at(-1) === '#';
    if (isRest ? pattern.length < named.length - 1 : pattern.length !== named.length) return false;
    return named.every((level, index) => {
      const own = pattern[index];
      return level === '#' || level === '+' || (index > 0 && /^<.+>$/.test(level)) || own === '*' || own === level;
    });
  });
}
