/** What config/goby.yaml says of each key in its comments: the one place where keys are described for people. */

/** Sections whose keys are names: the sample's own name stands for all. */
const named = ['cameras', 'outputs'];

const keyLine = /^(?<indent> *)(?<key>[A-Za-z][A-Za-z0-9]*):(?: |$)/;
const commentLine = /^ *# ?(?<text>.*)$/;
/** A key that is absent by default, as a comment; what stands behind it in the line is about it. */
const absentKey = /^(?<key>[a-z][A-Za-z0-9]*): \S.*?(?:\s#\s(?<behind>.*))?$/;
/** Goes on with what stood behind the key above. */
const moreBehind = /^\s+# (?<more>.*)$/;

/** @returns by dotted key, with * for names, such as `cameras.*.minScore` */
export function readSettingHelp(yaml: string): ReadonlyMap<string, string> {
  const help = new Map<string, string>();
  const path: { readonly key: string; readonly indent: number }[] = [];
  /** Above the next key: its own help, up to an empty line. */
  let comment: string[] = [];
  /** Right above the next key, with no other key between. */
  let prose: string[] = [];
  let behindKey: string | undefined;
  const dotted = (key: string): string => {
    const keys = [...path.map(({ key: above }) => above), key];
    return keys.map((one, at) => (at === 1 && named.includes(keys[0]!) ? '*' : one)).join('.');
  };
  const takeComment = (text: string): void => {
    const { key, behind } = absentKey.exec(text)?.groups ?? {};
    const more = moreBehind.exec(text)?.groups?.['more'];
    if (more !== undefined && behindKey !== undefined) help.set(behindKey, `${help.get(behindKey)} ${more}`);
    if (key === undefined) {
      comment.push(text);
      if (more === undefined) prose.push(text);
      return;
    }
    const isNew = !help.has(dotted(key));
    const own = behind ?? (prose.length > 0 ? prose.join('\n') : undefined);
    behindKey = isNew && behind !== undefined ? dotted(key) : undefined;
    if (isNew && own !== undefined) help.set(dotted(key), own);
    // Prose above a key that is absent was about that key; a key with words behind it is one of a list.
    if (behind === undefined && prose.length > 0 && isNew) comment = [];
    else comment.push(text);
    prose = [];
  };
  for (const line of yaml.split('\n')) {
    const text = commentLine.exec(line)?.groups?.['text'];
    if (text !== undefined) {
      const indent = line.indexOf('#');
      while (path.length > 0 && path.at(-1)!.indent >= indent) path.pop();
      takeComment(text);
      continue;
    }
    const { indent = '', key } = keyLine.exec(line)?.groups ?? {};
    if (key !== undefined) {
      while (path.length > 0 && path.at(-1)!.indent >= indent.length) path.pop();
      const end = comment.indexOf('');
      const own = end > 0 ? comment.slice(0, end) : comment;
      if (own.length > 0) help.set(dotted(key), own.join('\n'));
      path.push({ key, indent: indent.length });
    }
    comment = [];
    prose = [];
    behindKey = undefined;
  }
  return help;
}
