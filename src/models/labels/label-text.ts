/** The text of a label file, whatever its encoding. */
import { InputError } from '../../errors.ts';

/**
 * UTF-8 with or without a byte order mark, UTF-16 with one or recognised by its zeros, else Windows-1252, which holds Latin-1.
 * @throws InputError when it is no text
 */
export function labelText(bytes: Uint8Array): string {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) return decoded(bytes, utf16, 'UTF-16');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Bytes that no letter of Windows-1252 has.
    const isText = bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
    if (!isText) throw new InputError('it is neither UTF-8 nor any other text');
    const western = new TextDecoder('windows-1252').decode(bytes);
    // Bytes that Windows-1252 leaves free: it is an encoding of another script.
    if (/[\u0080-\u009f]/.test(western)) throw new InputError('it is neither UTF-8 nor Latin-1: save it as UTF-8');
    return western;
  }
  if (text.includes('\0')) throw new InputError('it is not text');
  return text;
}

function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, 64);
  if (sample.length < 4 || sample.length % 2 !== 0) return undefined;
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) zeros[at % 2]! += 1;
  const [even, odd] = zeros as [number, number];
  // Letters of the first 256 have a zero as their higher byte.
  if (even === 0 && odd >= sample.length / 4) return 'utf-16le';
  return odd === 0 && even >= sample.length / 4 ? 'utf-16be' : undefined;
}

function decoded(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', name: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`it begins like ${name}, and is none`);
  }
}
