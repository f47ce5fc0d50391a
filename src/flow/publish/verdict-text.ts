/** Sentences for what a broker was found not to take. */
import type { Verdict } from './left-out.ts';

/** Ends the sentence "no session with ADDRESS: ". */
export function verdictFault({ topic, bytes }: Verdict): string {
  return `the broker ended it at a message of ${bytes} bytes on ${topic}`;
}

/** For the log: what is left out from now on, and how to mend it. */
export function verdictText(address: string, { about, topic, bytes }: Verdict): string {
  const happened = `The broker ${address} ends the session at a message of ${bytes} bytes on ${topic}.`;
  switch (about) {
    case 'length':
      return `${happened} Pictures of that length go out smaller, other messages of that length are left out; its limit may be raised (mosquitto: max_packet_size).`;
    case 'topic':
      return `${happened} Shorter and longer ones on other topics are taken, so this topic is left out for a while; allow it on the broker.`;
    case 'message':
      return `${happened} Others on this topic are taken, so this one is left out.`;
  }
}
