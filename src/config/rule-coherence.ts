/** Checks of rules against the rest of the configuration: the names they use must be there, and they must do something. */
import { noSuchName, type Problem } from './messages.ts';
import type { RuleConfig } from './rules-section.ts';
import type { Config } from './schema.ts';

export function ruleProblems(config: Config): Problem[] {
  const names = config.rules.map(({ name }) => name);
  return config.rules.flatMap((rule, index) => {
    const key = `rules[${index}]`;
    const twice = names.indexOf(rule.name) < index;
    return [
      ...(twice ? [{ key: `${key}.name`, message: `the name ${rule.name} is used twice` }] : []),
      ...unknownNames(config, rule, key),
      ...emptyParts(rule, key),
    ];
  });
}

function unknownNames(config: Config, rule: RuleConfig, key: string): Problem[] {
  const outputs = [
    { key: `${key}.output`, name: rule.output },
    ...rule.actions.map((action, index) => ({
      key: `${key}.actions[${index}].output`,
      name: action.type === 'output' ? action.output : undefined,
    })),
  ];
  const problems = outputs.flatMap(({ key: outputKey, name }) =>
    missing({
      key: outputKey,
      name,
      kind: 'output',
      section: 'outputs',
      known: config.outputs,
      hint: '; write rules: [] for no rules',
    }),
  );
  const recipients = rule.actions.flatMap((action, index) =>
    missing({
      key: `${key}.actions[${index}].to`,
      name: action.type === 'notify' ? action.to : undefined,
      kind: 'recipient',
      section: 'notify',
      known: config.notify,
    }),
  );
  return [
    ...problems,
    ...recipients,
    ...missing({ key: `${key}.camera`, name: rule.camera, kind: 'camera', section: 'cameras', known: config.cameras }),
    ...missing({
      key: `${key}.armedBy`,
      name: rule.armedBy,
      kind: 'control',
      section: 'controls',
      known: config.controls,
    }),
    ...missing({ key: `${key}.zone`, name: rule.zone, kind: 'zone', section: 'zones', known: zonesFor(config, rule) }),
  ];
}

/** The zones of the cameras that a rule listens to. */
function zonesFor({ cameras }: Config, rule: RuleConfig): object {
  const heard = Object.entries(cameras).filter(([name]) => rule.camera === undefined || rule.camera === name);
  return Object.assign({}, ...heard.map(([, { zones }]) => zones));
}

function missing(use: {
  readonly key: string;
  readonly name: string | undefined;
  readonly kind: string;
  readonly section: string;
  readonly known: object;
  readonly hint?: string;
}): Problem[] {
  const { key, name, kind, section, known, hint = '' } = use;
  if (name === undefined || Object.hasOwn(known, name)) return [];
  return [{ key, message: `${noSuchName({ kind, name, section, known: Object.keys(known) })}${hint}` }];
}

/** Parts that are well formed and can never be true, or do nothing. */
function emptyParts(rule: RuleConfig, key: string): Problem[] {
  const problems: Problem[] = [];
  if (rule.output === undefined && rule.actions.length === 0) {
    problems.push({
      key,
      message: `the rule ${rule.name} does nothing. Example: output: led, or actions: [{ type: message }]`,
    });
  }
  rule.schedule.forEach(({ from, to }, index) => {
    if (from !== to) return;
    const message = `from and to are both ${from}, which is no time at all; leave both out for whole days`;
    problems.push({ key: `${key}.schedule[${index}]`, message });
  });
  const { attribute } = rule;
  if (attribute && attribute.value === undefined && attribute.min === undefined && attribute.max === undefined) {
    problems.push({
      key: `${key}.attribute`,
      message: `expected a value, or min or max, of ${attribute.name}. Example: value: female`,
    });
  }
  return problems;
}
