/** The part of the schema that describes the broker and how goby logs in to it. */
import { z } from 'zod';
import { addressesMeant, addressFault } from './broker-address.ts';
import { expects, flag, mends, path, section, text, wholeNumber } from './values.ts';

const tls = section({
  caFile: path('/etc/goby/ca.crt').optional(),
  certificateFile: path('/etc/goby/client.crt').optional(),
  keyFile: path('/etc/goby/client.key').optional(),
  /** Off accepts any certificate: for a test, never for a front door. */
  verify: flag().default(true),
});

const exampleAddress = 'mqtt://homeassistant.local:1883';

/** embedded: goby's own broker; off: no MQTT; else the address of yours. */
const broker = z
  .string({ error: expects('embedded, off, or the address of a broker', exampleAddress) })
  .superRefine((value, context) => {
    const fault = value === 'embedded' || value === 'off' ? undefined : addressFault(value);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: expects(fault, exampleAddress) });
  })
  .register(mends, { mend: addressesMeant });

export const mqttSection = section({
  broker: broker.default('embedded'),
  embedded: section({
    host: text('the address to listen on', '127.0.0.1').default('127.0.0.1'),
    port: wholeNumber(0, 65_535, 1883).default(1883),
  }).prefault({}),
  protocolVersion: z.literal([4, 5], { error: expects('4 (MQTT 3.1.1) or 5', 4) }).default(4),
  username: text('a user name', 'goby').optional(),
  /** File whose first line is the password; also looked for in systemd's credentials folder. */
  passwordFile: path('/etc/goby/mqtt-password').optional(),
  keepaliveSeconds: wholeNumber(5, 3600, 30).default(30),
  tls: tls.prefault({}),
});
