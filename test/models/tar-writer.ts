/** Builds tar archives for tests, right or wrong as asked. */

export interface Entry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly type?: string;
  /** What the header says, where it lies. */
  readonly claimedBytes?: number;
  readonly prefix?: string;
  readonly breakChecksum?: boolean;
}

/** A whole archive with its two closing blocks. */
export function tarOf(entries: readonly Entry[], options: { closed?: boolean } = {}): Buffer {
  const end = options.closed === false ? [] : [Buffer.alloc(1024)];
  return Buffer.concat([...entries.flatMap(blocksOf), ...end]);
}

/** A pax header that gives the next entry another path or size. */
export function paxEntry(records: Readonly<Record<string, string>>): Entry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest) + 1;
    while (String(length).length + Buffer.byteLength(rest) !== length) length++;
    return `${length}${rest}`;
  });
  return { name: 'PaxHeader', type: 'x', content: Buffer.from(lines.join('')) };
}

function blocksOf(entry: Entry): Buffer[] {
  const content = entry.content ?? Buffer.alloc(0);
  const header = Buffer.alloc(512);
  header.write(entry.name, 0, 100, 'utf8');
  header.write('0000644\0', 100);
  header.write(`${(entry.claimedBytes ?? content.length).toString(8).padStart(11, '0')}\0`, 124);
  header.write(entry.type ?? '0', 156);
  header.write('ustar\0' + '00', 257);
  header.write(entry.prefix ?? '', 345, 155, 'utf8');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0) + (entry.breakChecksum === true ? 1 : 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)];
}
