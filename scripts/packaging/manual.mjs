/** Manual pages: goby(1) from the definitions of the commands, goby.yaml(5) from the reference configuration. */

/** @typedef {{ version: string, date: string }} Edition date: such as 2026-11-25 */

/**
 * @param {readonly import('./command-tree.mjs').CommandFacts[]} tree
 * @param {Edition} edition
 */
export function commandManual(tree, edition) {
  return [
    header('GOBY', 1, edition),
    section('Name'),
    escaped('goby - edge-vision agent: camera frames in, detections over MQTT and GPIO out'),
    section('Synopsis'),
    `.B goby\n.I command\n.RI [ options ]`,
    section('Description'),
    escaped(
      'goby watches with a camera, runs quantized MobileNet models through TensorFlow Lite, on a Coral Edge TPU where there is one, publishes detections and telemetry over MQTT, and switches GPIO outputs by rules. As a service it runs as goby.service; every command explains itself with --help.',
    ),
    section('Commands'),
    ...tree.flatMap((command) => commandText(command)),
    section('Exit status'),
    escaped("0 done, 1 failed, 64 wrong usage, 69 something isn't there now, 78 the configuration can't be used."),
    section('Files'),
    ...[
      ['/etc/goby/goby.yaml', 'The configuration, see goby.yaml(5).'],
      [
        '/etc/credstore/goby.mqtt-password',
        'The password of the MQTT broker, readable by root only; handed to the service by systemd.',
      ],
      ['/var/lib/goby', 'State: fetched models, settings made at run time, events that wait for the broker.'],
      ['/run/goby/status.sock', 'The status socket that doctor and outputs ask.'],
      ['/usr/lib/goby', 'The program with its own Node, the TensorFlow Lite library and the default model.'],
      [
        '/usr/share/doc/goby',
        'The documents: README.md, a page for each subject in docs, example configurations in config/examples.',
      ],
    ].flatMap(([file, text]) => ['.TP', `.I ${escaped(file)}`, escaped(text)]),
    section('See also'),
    '.BR goby.yaml (5),\n.BR systemctl (1),\n.BR journalctl (1),\n.BR mosquitto_sub (1)',
    '',
  ].join('\n');
}

/**
 * @param {string} reference text of config/goby.yaml
 * @param {Edition} edition
 */
export function configurationManual(reference, edition) {
  const [introduction = '', ...parts] = reference.split(/\n(?=[a-z][\w-]*:)/);
  return [
    header('GOBY.YAML', 5, edition),
    section('Name'),
    escaped('goby.yaml - configuration of goby'),
    section('Synopsis'),
    '.I /etc/goby/goby.yaml',
    section('Description'),
    verbatim(introduction.replace(/^# ?/gm, '')),
    ...parts.flatMap((part) => [section(part.slice(0, part.indexOf(':'))), verbatim(part)]),
    section('See also'),
    '.BR goby (1)',
    '',
  ].join('\n');
}

function commandText({ usage, description, options, after, commands }) {
  return [
    `.SS ${quoted(usage)}`,
    `${escaped(upperFirst(description))}.`,
    ...options.flatMap(({ flags, description: text }) => ['.TP', `.B ${escaped(flags)}`, escaped(text)]),
    ...(after === '' ? [] : ['.PP', verbatim(after)]),
    ...commands.flatMap((command) => commandText(command)),
  ];
}

function header(title, number, { version, date }) {
  return `.TH ${title} ${number} ${date} "goby ${version}" "${number === 1 ? 'User Commands' : 'File Formats'}"`;
}

function section(title) {
  return `.SH ${quoted(title.toUpperCase())}`;
}

/** Text whose lines stay as they are. */
function verbatim(text) {
  return `.nf\n${text.trimEnd().split('\n').map(escaped).join('\n')}\n.fi`;
}

/** A line that troff takes for text: no escapes, no requests, and hyphens that can be copied. */
function escaped(line) {
  return line
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}

function quoted(text) {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`;
}

function upperFirst(text) {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
