/** Sends the messages of one session: no more at a time than the broker takes, none that is too long or was refused for good. It notices when answers stay away. */
import type { IClientPublishOptions, MqttClient } from 'mqtt';
import type { Logger } from '../../logger.ts';
import type { AnswerWatch } from './answer-watch.ts';
import type { BrokerPromises } from './broker-promises.ts';
import type { LeftOut } from './left-out.ts';
import type { Delivery, Message } from './message.ts';
import { packetBytes, payloadRoom } from './packet-size.ts';
import { deliveryOf, reasonText } from './reason-codes.ts';
import { SendWindow } from './send-window.ts';
import { type Sent, UnderWay } from './under-way.ts';

export interface SessionSenderOptions {
  readonly client: MqttClient;
  readonly protocolVersion: 4 | 5;
  readonly promises: BrokerPromises;
  /** What is known from sessions before. */
  readonly leftOut: LeftOut;
  readonly answers: AnswerWatch;
  readonly logger: Logger;
  /** What was said in the log already, in this session or one before. */
  readonly told: Set<string>;
}

/** QoS 1 messages without an answer at most, less where the broker says so; and those that wait for their turn. */
const mostInFlight = 100;
const mostWaiting = 2000;
/** With this much not yet sent the broker or the network can't keep up: messages at QoS 0 are left out. */
const mostUnsentBytes = 1_048_576;
/** Messages at QoS 0 have no answer: after this long a ping shows that they were read. */
const pingAfterMs = 1000;
/** A slow uplink takes its time for a picture, and an answer waits behind it. */
const slowBytesPerMs = 8;

export class SessionSender {
  readonly #options: SessionSenderOptions;
  readonly #window: SendWindow;
  readonly #underWay: UnderWay;
  #pingTimer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: SessionSenderOptions) {
    this.#options = options;
    const { client, promises, leftOut } = options;
    this.#window = new SendWindow(Math.min(promises.receiveMaximum, mostInFlight), mostWaiting);
    this.#underWay = new UnderWay((sent) => leftOut.read(sent));
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#underWay.pingSent();
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.#underWay.pingAnswered();
    });
  }

  /** Hands a message to the broker. Never rejects. */
  send(message: Message): Promise<Delivery> {
    if (this.#isOver) return Promise.resolve('unsent');
    const possible = withinPromises(message, this.#options.promises);
    const way = this.#options.leftOut.way(possible);
    switch (way.go) {
      case 'never':
      case 'later':
        this.#tellLeftOut(possible, way.why);
        return Promise.resolve(way.go === 'never' ? 'refused' : 'later');
      case 'smaller':
        return this.#sendSmaller(possible, way.mostBytes);
      default:
        return this.#sendWhole(possible, way.go === 'alone');
    }
  }

  /** Patience with answers is over. @returns the message that got none although others did; undefined: none did */
  overdue(): { readonly ignored: Sent | undefined } | undefined {
    const { answers } = this.#options;
    const unreadBytes = this.#underWay.unread.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!answers.isOverdue(unreadBytes / slowBytesPerMs)) return undefined;
    return { ignored: this.#underWay.hasAnswered ? this.#underWay.oldest : undefined };
  }

  /** The session is over: what waits for an answer is unsent. @returns what the broker may not have read */
  end(): readonly Sent[] {
    this.#isOver = true;
    clearTimeout(this.#pingTimer);
    const { unread } = this.#underWay;
    this.#underWay.end();
    return unread;
  }

  #sendWhole(message: Message, alone: boolean): Promise<Delivery> {
    if (message.qos === 0 && this.#options.client.stream.writableLength > mostUnsentBytes)
      return Promise.resolve('unsent');
    if (message.qos === 0 && !alone) return this.#deliver(message, false);
    return this.#window.run(() => this.#deliver(message, alone), alone).then((delivery) => delivery ?? 'unsent');
  }

  async #sendSmaller(message: Message, mostBytes: number): Promise<Delivery> {
    const { smaller, ...rest } = message;
    const room = payloadRoom(mostBytes, message, this.#options.protocolVersion);
    const payload = room > 0 ? await smaller?.(room) : undefined;
    const length = `${Buffer.byteLength(message.payload)} bytes`;
    if (payload === undefined || payload.byteLength > room) {
      this.#tellLeftOut(message, `its ${length} are more than the broker takes, and it can't be made small enough`);
      return 'refused';
    }
    const fitting = { ...rest, payload };
    this.#tellOnce(
      `smaller ${message.topic}`,
      `the picture on ${message.topic} goes out smaller, with ${payload.byteLength} bytes instead of ${length}: the broker takes no more`,
    );
    return this.#isOver ? 'unsent' : this.#sendWhole(fitting, this.#options.leftOut.way(fitting).go === 'alone');
  }

  /** @param alone resolves only once the broker has read it, at QoS 0 too */
  #deliver(message: Message, alone: boolean): Promise<Delivery> {
    const { client, protocolVersion, answers } = this.#options;
    if (this.#isOver || !client.connected) return Promise.resolve('unsent');
    const { topic, payload, qos, retain, expirySeconds } = message;
    const options: IClientPublishOptions = { qos, retain };
    if (expirySeconds !== undefined && protocolVersion === 5) {
      options.properties = { messageExpiryInterval: expirySeconds };
    }
    const bytes = packetBytes(message, protocolVersion);
    const settled = qos === 1 || alone ? answers.sent() : undefined;
    return new Promise((resolve) => {
      const answered = this.#underWay.add(
        { message, bytes },
        {
          onRead: () => {
            if (qos === 1) return;
            settled?.(true);
            resolve('taken');
          },
          onEnd: () => {
            settled?.(false);
            resolve('unsent');
          },
        },
      );
      client.publish(topic, typeof payload === 'string' ? payload : Buffer.from(payload), options, (error) => {
        if (qos === 0) {
          if (error) resolve('unsent');
          else if (!alone) resolve('taken');
          return;
        }
        const reasonCode = error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
        // The connection was closed: end() says so.
        if (error && reasonCode === undefined) return;
        settled?.(true);
        answered();
        resolve(reasonCode === undefined ? 'taken' : this.#refused(topic, reasonCode));
      });
      if (qos === 0) this.#ping(alone || !this.#options.leftOut.wasRead(bytes));
    });
  }

  /** Only an MQTT 5 broker says no, with a reason code. */
  #refused(topic: string, reasonCode: number): Delivery {
    const delivery = deliveryOf(reasonCode);
    const outcome = delivery === 'later' ? 'they are sent again later' : 'they are dropped';
    this.#tellOnce(
      `refused ${topic} ${reasonCode}`,
      `the broker refuses messages on ${topic} (${reasonText(reasonCode)}): ${outcome}`,
    );
    return delivery;
  }

  /** What is sent after it is read after it: the answer shows that the broker has read so far. */
  #ping(now: boolean): void {
    if (now) {
      this.#options.client.sendPing();
      return;
    }
    this.#pingTimer ??= setTimeout(() => {
      this.#pingTimer = undefined;
      if (!this.#isOver && !this.#underWay.isPinging && this.#underWay.unread.length > 0)
        this.#options.client.sendPing();
    }, pingAfterMs);
  }

  #tellLeftOut({ topic }: Message, why: string): void {
    this.#tellOnce(`left out ${topic}`, `the message on ${topic} is left out: ${why}`);
  }

  #tellOnce(key: string, sentence: string): void {
    const { told, logger } = this.#options;
    if (told.has(key)) return;
    told.add(key);
    logger.warn(sentence);
  }
}

/** Only MQTT 5 knows brokers that take no QoS 1, or keep nothing. */
function withinPromises(message: Message, { highestQos, retains }: BrokerPromises): Message {
  if (message.qos <= highestQos && (retains || !message.retain)) return message;
  return { ...message, qos: highestQos === 0 ? 0 : message.qos, retain: retains && message.retain };
}
