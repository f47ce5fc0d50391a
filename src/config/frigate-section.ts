/** The part of the schema that lets goby speak in Frigate's topics too. */
import type { z } from 'zod';
import { flag, section, topic } from './values.ts';

export const frigateSection = section({
  enabled: flag().default(false),
  topicPrefix: topic('frigate').default('frigate'),
});

export type FrigateConfig = z.output<typeof frigateSection>;
