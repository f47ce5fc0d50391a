/** A setting as a form shows it; see setting-fields.ts. */

export interface SettingField {
  /** Dotted, such as cameras.front.minScore. */
  readonly key: string;
  /** Absent where there is none. */
  readonly value?: unknown;
  readonly default?: unknown;
  /** Where the value comes from: default, a file, what was set while goby runs, the environment, the command line. */
  readonly from: string;
  /** It was set while goby ran, from the page, over MQTT or by goby.txt, and can be taken back. */
  readonly isOverride?: true;
  /** What it may be: the part of JSON Schema that a form can use. */
  readonly type?: string;
  readonly choices?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** From the comments of config/goby.yaml. */
  readonly help?: string;
}
