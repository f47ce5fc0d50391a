/** What config/goby.yaml says of each key in its comments: the one place where keys are described for people. */

/** Sections whose keys are names: the sample's own name stands for all. */
const named = ['cameras', 'outputs'];

const keyLine = /^(?<indent> *)(?<key>[A-Za-z][A-Za-z0-9]*):(?: |$)/;
const commentLine = /^ *# ?(?<text>.*)$/;
/** A key that is absent by default, as a comment. */
const absentKey = /^(?<key>[a-z][A-Za-z0-9]*): \S/;

/** @returns by dotted key, with * for names, such as `cameras.*.minScore` */
export function readSettingHelp(yaml: string): ReadonlyMap<string, string> {
  const help = new Map<string, string>();
  const path: { readonly key: string; readonly indent: number }[] = [];
  let comment: string[] = [];
  const dotted = (key: string): string => {
    const keys = [...path.map(({ key: above }) => above), key];
    return keys.map((one, at) => (at === 1 && named.includes(keys[0]!) ? '*' : one)).join('.');
  };
  for (const line of yaml.split('\n')) {
    const text = commentLine.exec(line)?.groups?.['text'];
    if (text !== undefined) {
      const indent = line.indexOf('#');
      while (path.length > 0 && path.at(-1)!.indent >= indent) path.pop();
      const absent = absentKey.exec(text)?.groups?.['key'];
      if (absent !== undefined && comment.length > 0 && !help.has(dotted(absent))) {
        help.set(dotted(absent), comment.join('\n'));
        comment = [];
      } else comment.push(text);
      continue;
    }
    const { indent = '', key } = keyLine.exec(line)?.groups ?? {};
    if (key !== undefined) {
      while (path.length > 0 && path.at(-1)!.indent >= indent.length) path.pop();
      if (comment.length > 0) help.set(dotted(key), comment.join('\n'));
      path.push({ key, indent: indent.length });
    }
    comment = [];
  }
  return help;
}
