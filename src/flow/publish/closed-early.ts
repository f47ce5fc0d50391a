/** A connection that a broker closes before it has answered: most often one side speaks TLS and the other doesn't. */

/** The codes of Node for a connection that the other side ended; TLS that was begun in vain has ECONNRESET too. */
export function isHangUp({ code }: { readonly code?: unknown }): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

export function closedEarlyText(address: string): string {
  const [has, wants] = address.startsWith('mqtts:') ? ['without', 'mqtt'] : ['that wants', 'mqtts'];
  const port = wants === 'mqtts' ? 8883 : 1883;
  return `the connection was closed before an answer; the address of a broker ${has} TLS starts with ${wants}:// (and often has port ${port})`;
}
