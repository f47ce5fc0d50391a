/** Every key of the schema that takes text, and addresses with secrets to put there. */
import type { z } from 'zod';

interface Definition {
  readonly type: string;
  readonly shape?: Record<string, z.core.$ZodType>;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly items?: readonly z.core.$ZodType[];
  readonly options?: readonly z.core.$ZodType[];
}

/** Paths to them: `own` for a name, 0 for the first of a list. Enums are text too: what isn't one of them is told. */
export function textKeys(schema: z.core.$ZodType, path: readonly string[] = []): string[][] {
  const {
    type,
    shape,
    innerType,
    in: input,
    valueType,
    element,
    options,
  } = (schema as z.ZodType)._zod.def as unknown as Definition;
  if (shape) return Object.entries(shape).flatMap(([key, value]) => textKeys(value, [...path, key]));
  if (innerType ?? input) return textKeys((innerType ?? input)!, path);
  if (type === 'record') return [...textKeys(valueType!, [...path, 'own'])];
  if (type === 'array') return textKeys(element!, [...path, '0']);
  if (options) return unique(options.flatMap((option) => textKeys(option, path)));
  return type === 'string' || type === 'enum' || type === 'literal' ? [[...path]] : [];
}

function unique(paths: string[][]): string[][] {
  return [...new Map(paths.map((path) => [path.join('.'), path])).values()];
}

export const secretAddresses = [
  'rtsp://admin:S3cr3t/wiTh@any%thing@camera:554/live?channel=1&token=T0kEn',
  'http://admin:S3cr3t@camera/snap.jpg?user=U5er&pwd=T0kEn',
  'https://camera:8443/api?apiKey=T0kEn',
  'mqtt://goby:S3cr3t:wiTh@broker.local:1883',
  'mqtts://S3cr3t@broker.local',
  'RTSP://admin:S3cr3t wiTh@any@camera/stream',
  'rtsp:/admin:S3cr3t@camera/stream',
  'admin:S3cr3t@camera/stream',
  'rtsp://camera:554/user=U5er_password=T0kEn_channel=1_stream=0.sdp',
];

/** Parts of those secrets; as they are, and in the letters that a suggestion might write them in. */
export const secretParts = ['S3cr3t', 'wiTh', 'T0kEn', 'U5er']
  .flatMap((part) => [part, part.toLowerCase()])
  .filter((part) => part !== 'with');
