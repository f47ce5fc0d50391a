/** Sentences for what goes wrong between goby and a camera over HTTP: what happened, and how to mend it. */
import { UnavailableError } from '../../../errors.ts';

/** Node's codes, as in ECONNREFUSED, first match counts. */
const causes: readonly (readonly [code: RegExp, happened: string, remedy: string])[] = [
  [
    /^(ENOTFOUND|EAI_)/,
    "can't be found: its name is unknown",
    'Check the name in source.input, or use the IP address.',
  ],
  [/^ECONNREFUSED$/, 'refuses the connection', 'Check the port in source.input, and that the camera is on.'],
  [
    /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    "can't be reached: there is no way to it",
    'Check the network, and that the camera is on.',
  ],
  [
    /^ETIMEDOUT$/,
    "can't be reached: it gives no answer",
    'Check the address in source.input, and that the camera is on.',
  ],
  [
    /^HPE_HEADER_OVERFLOW$/,
    'answers with headers that never end',
    'Check that source.input is the address of a camera.',
  ],
  [
    /^HPE_/,
    "answers with something that isn't HTTP",
    'Check the port in source.input: this may be one for RTSP, rtsp://...',
  ],
  [
    /^(ECONNRESET|EPIPE)$/,
    'closed the connection before an answer',
    'Some cameras serve one viewer at a time: close other programs and browser tabs that show it.',
  ],
  [
    /WRONG_VERSION_NUMBER|EPROTO|PACKET_LENGTH|RECORD_TOO/,
    'speaks no TLS on this port',
    'Write http:// in source.input, or the port of TLS.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|ALTNAME/,
    'shows a certificate that is not accepted',
    'Name it with source.tls.caFile, or set source.tls.verify: false if you trust the network in between.',
  ],
];

export function connectionFailure(shown: string, cause: Error & { code?: unknown }): UnavailableError {
  // A name with several addresses gives an AggregateError with one error for each.
  const inner = cause instanceof AggregateError ? (cause.errors[0] as { code?: unknown } | undefined) : undefined;
  const code = String(cause.code ?? inner?.code ?? '');
  const known = causes.find(([pattern]) => pattern.test(code));
  return known === undefined
    ? new UnavailableError(`The camera ${shown} can't be asked: ${cause.message || code}.`, { cause })
    : new UnavailableError(`The camera ${shown} ${known[1]} (${code}).`, { remedy: known[2], cause });
}

/** @param asked what became of the challenge; undefined: there is no user and password to answer it with */
export function loginFailure(
  shown: string,
  asked: 'asked' | 'stale' | 'none' | undefined,
  challenges: readonly string[],
): UnavailableError {
  if (asked === undefined) {
    return new UnavailableError(`The camera ${shown} wants a user and a password.`, {
      remedy:
        'Write the user into source.input, as in http://user@camera/, and name a file with the password: source.passwordFile.',
    });
  }
  if (asked === 'none') {
    const named = challenges
      .join(', ')
      .replace(/\p{Cc}/gu, '')
      .slice(0, 60);
    return new UnavailableError(
      `The camera ${shown} wants a login that goby doesn't know (${named || 'it names none'}).`,
      {
        remedy: 'Set it to basic or digest login in its own settings.',
      },
    );
  }
  return new UnavailableError(`The camera ${shown} refuses the user or the password.`, {
    remedy: 'Check the user in source.input and the file of source.passwordFile; it holds nothing but the password.',
  });
}

export function redirectFailure(shown: string, what: string): UnavailableError {
  return new UnavailableError(`The camera ${shown} ${what}.`, {
    remedy: 'Open its address in a browser, and write the one that shows the picture into source.input.',
  });
}

export function answerFailure(shown: string, status: number): UnavailableError {
  if (status === 403) {
    return new UnavailableError(`The camera ${shown} forbids it (status 403).`, {
      remedy: "Check that the user may see the video, in the camera's own settings.",
    });
  }
  if (status === 404 || status === 410) {
    return new UnavailableError(`The camera ${shown} has no such page (status ${status}).`, {
      remedy: 'Check the path of the address in source.input.',
    });
  }
  if (status === 503 || status === 429 || status === 453) {
    return new UnavailableError(`The camera ${shown} has too much to do (status ${status}).`, {
      remedy: 'Some cameras serve one viewer at a time: close other programs and browser tabs that show it.',
    });
  }
  return new UnavailableError(`The camera ${shown} answers with status ${status}.`, {
    remedy: 'Open its address in a browser to see what it says.',
  });
}

/** The answer is no picture. */
export function noPicture(shown: string, type: string): UnavailableError {
  const what = /html/.test(type) ? 'a web page' : type === '' ? 'something without a type' : type.slice(0, 60);
  return new UnavailableError(`The camera ${shown} gives ${what}, not a picture or a stream.`, {
    remedy:
      'Write the address of the stream or of the picture itself into source.input, not that of the page around it.',
  });
}
