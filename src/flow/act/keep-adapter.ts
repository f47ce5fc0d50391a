/** `auto` chooses an adapter once: hardware that was there and has gone is waited for, and never replaced by a simulation. */

/** @returns opens with the adapter that was chosen the first time */
export function keepAdapter<Options extends { readonly adapter: string }, Opened extends Pick<Options, 'adapter'>>(
  configured: Options['adapter'],
  open: (options: Options) => Opened,
): (options: Omit<Options, 'adapter'>) => Opened {
  let adapter = configured;
  return (options) => {
    const opened = open({ ...options, adapter } as Options);
    adapter = opened.adapter;
    return opened;
  };
}
