/** A control: what a person can set while goby runs, by MQTT, by Home Assistant or by a button. The noun of control/. */

/** arming: on or off, rules wait for it. number: a value in a range, such as a threshold. */
export type ControlKind =
  | { readonly kind: 'arming' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number };

/** arming: true is on; number: the value. */
export type ControlValue = boolean | number;

/** What a control is and has now. */
export type ControlReading = ControlKind & {
  /** Slug; part of control/<name>/state. */
  readonly name: string;
  readonly value: ControlValue;
  /** Who or what set it, such as `the button door`. */
  readonly reason: string;
};

/** A control to be: what it is, and what setting it does. */
export type NewControl = ControlKind & {
  readonly name: string;
  readonly value: ControlValue;
  /** Makes a value take effect; called before the change is told. What it throws refuses the change. */
  readonly apply?: (value: ControlValue) => void;
  /** Its value is told by report(), once it has taken effect: apply only asks for it, and may fail later. */
  readonly isTold?: boolean;
};
