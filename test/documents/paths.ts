/** Do the files that documents name exist, and do their links lead somewhere? */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Document, type Problems, told } from './document.ts';

const ownFolders = /(?<![\w./@-])((?:src|test|docs|config|scripts|systemd|\.ci)\/[\w./*-]*)/g;

export function pathProblems(document: Document, root: string): Problems {
  return document.lines.flatMap((text, index) =>
    [...text.matchAll(ownFolders)]
      .map(([, path = '']) => path.replace(/\*.*$/, '').replace(/[./-]+$/, ''))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => told(document, { line: index + 1, text }, `there is no ${path}`)),
  );
}

/** @param anchorsOf what headings a document has; undefined for what is no document */
export function linkProblems(
  document: Document,
  root: string,
  anchorsOf: (file: string) => ReadonlySet<string> | undefined,
): Problems {
  return document.links
    .filter(({ text }) => !/^[a-z]+:/.test(text))
    .flatMap((link) => {
      const [path = '', anchor] = link.text.split('#');
      const file = targetOf(document, path);
      if (path !== '' && (file.startsWith('..') || !existsSync(join(root, file))))
        return [told(document, link, `the link ${link.text} leads nowhere`)];
      if (anchor === undefined || anchorsOf(file)?.has(anchor)) return [];
      return [told(document, link, `${file} has no heading #${anchor}`)];
    });
}

/** Files that links lead to, from one document on through all others. */
export function reachedFrom(start: string, documents: readonly Document[]): ReadonlySet<string> {
  const reached = new Set([start]);
  for (const file of reached) {
    const document = documents.find((one) => one.file === file);
    for (const { text } of document?.links ?? []) reached.add(targetOf(document!, text.replace(/#.*$/, '')));
  }
  return reached;
}

function targetOf({ file }: Document, path: string): string {
  return path === '' ? file : normalize(join(dirname(file), path));
}
