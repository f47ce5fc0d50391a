/** The part of the schema that describes how goby shows itself to Home Assistant. */
import type { z } from 'zod';
import { oneOf, section, topic } from './values.ts';

export const homeAssistantSection = section({
  /** auto: on a broker that others reach too, which goby's own on loopback is not. */
  discovery: oneOf(['auto', 'on', 'off']).default('auto'),
  /** Home Assistant's own setting of the same name. */
  discoveryPrefix: topic('homeassistant').default('homeassistant'),
});

export type HomeAssistantConfig = z.output<typeof homeAssistantSection>;
