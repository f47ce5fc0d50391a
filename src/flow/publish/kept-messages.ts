/** The newest value of every retained topic: said anew on each connect, and again until the broker has taken it. */
import { type BackoffOptions, backoffMs, type RandomSource } from '../../system/service/retry.ts';
import type { Delivery, Message } from './message.ts';

export interface KeptMessagesOptions {
  readonly random: RandomSource;
  send(message: Message): Promise<Delivery>;
  isConnected(): boolean;
  /** A topic has a new value. */
  onChange?: ((message: Message) => void) | undefined;
  /** A topic got its first message, or one after it was deleted. */
  onRetain?: ((topic: string) => void) | undefined;
}

const retry: BackoffOptions = { firstMs: 500, factor: 2, maxMs: 15_000 };

export class KeptMessages {
  readonly #options: KeptMessagesOptions;
  readonly #newest = new Map<string, Message>();
  /** Pictures that may have to be made smaller first: one at a time for each topic, so that an old one can't come after a newer. */
  readonly #pictures = new Map<string, Promise<unknown>>();
  /** Topics whose newest value the broker didn't take, in this session. */
  readonly #late = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #stopped = false;

  constructor(options: KeptMessagesOptions) {
    this.#options = options;
  }

  /** The newest value of each topic; an empty payload: it was deleted. */
  newest(): Iterable<Message> {
    return this.#newest.values();
  }

  /** Nothing is sent when it is the same as before, unless `again` is asked. Resolves when it was handed over, or won't be. */
  async say(message: Message, again = false): Promise<void> {
    const before = this.#newest.get(message.topic);
    if (before?.payload === message.payload && !again) return;
    this.#newest.set(message.topic, message);
    this.#options.onChange?.(message);
    if (message.payload !== '' && (before === undefined || before.payload === ''))
      this.#options.onRetain?.(message.topic);
    await this.#send(message);
  }

  /** There is a new session: what is short goes out at once, and what is to come before pictures is done before them. */
  connected(beforePictures: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#late.clear();
    this.#attempts = 0;
    const all = [...this.#newest.values()];
    for (const message of all.filter((one) => !isPicture(one))) void this.#send(message);
    beforePictures();
    for (const message of all.filter(isPicture)) void this.#send(message);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #send(message: Message): Promise<Delivery> {
    if (!isPicture(message)) return this.#deliver(message);
    const { topic } = message;
    const turn = (this.#pictures.get(topic) ?? Promise.resolve()).then(() =>
      this.#newest.get(topic) === message ? this.#deliver(message) : 'taken',
    );
    this.#pictures.set(topic, turn);
    const delivery = await turn;
    if (this.#pictures.get(topic) === turn) this.#pictures.delete(topic);
    return delivery;
  }

  async #deliver(message: Message): Promise<Delivery> {
    const { send, isConnected } = this.#options;
    const delivery = await send(message);
    const isNewest = this.#newest.get(message.topic) === message;
    const mayComeYet = delivery === 'later' || (delivery === 'unsent' && isConnected());
    if (isNewest && mayComeYet) this.#later(message.topic);
    else if (isNewest) this.#late.delete(message.topic);
    return delivery;
  }

  #later(topic: string): void {
    this.#late.add(topic);
    if (this.#stopped) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        void this.#tryAgain();
      },
      backoffMs(this.#attempts++, retry, this.#options.random),
    );
  }

  /** One first: what is refused for one reason is refused for all. */
  async #tryAgain(): Promise<void> {
    const [first, ...others] = this.#late;
    if (first === undefined) return;
    const delivery = await this.#send(this.#newest.get(first)!);
    if (delivery === 'later' || delivery === 'unsent') {
      // Another topic is asked next time.
      this.#late.delete(first);
      this.#late.add(first);
      return;
    }
    this.#attempts = 0;
    for (const topic of others) void this.#send(this.#newest.get(topic)!);
  }
}

function isPicture({ payload }: Message): boolean {
  return typeof payload !== 'string';
}
