/** Bash completion, generated from the definitions of the commands. */

/**
 * @param {readonly import('./command-tree.mjs').CommandFacts[]} tree
 * @returns {string} a script for /usr/share/bash-completion/completions
 */
export function bashCompletion(tree) {
  const cases = flatten(tree).map(
    ({ path, words }) => `    ${path === '' ? "''" : `'${path}'`}) words='${words.join(' ')}' ;;`,
  );
  const files = valueOptions(tree, ({ isFile }) => isFile);
  const values = valueOptions(tree, ({ isFile }) => !isFile);
  return `# Completion of goby(1) for bash, generated from its commands by scripts/package.
_goby() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' words='' word
  COMPREPLY=()
  case $previous in
    ${files.join(' | ')})
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    ${values.join(' | ')}) return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${paths(tree).join(' ')} " in
      *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  if [ \${#COMPREPLY[@]} = 0 ] && [ -n "$path" ] && [ "\${current:0:1}" != - ]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -o filenames -F _goby goby
`;
}

/** Every command below its parents, such as models/pull, with the words that may follow it. */
function flatten(tree, parent = '') {
  const here = { path: parent, words: [...tree.map(({ name }) => name)] };
  return [
    here,
    ...tree.flatMap((command) => {
      const path = parent === '' ? command.name : `${parent}/${command.name}`;
      const [own, ...below] = flatten(command.commands, path);
      own.words.push(...command.options.flatMap(({ long }) => (long === undefined ? [] : [long])), '--help');
      return [own, ...below];
    }),
  ];
}

function paths(tree) {
  return flatten(tree)
    .map(({ path }) => path)
    .filter((path) => path !== '');
}

function valueOptions(tree, accepts) {
  const own = tree.flatMap(({ options, commands }) => [
    ...options.filter((option) => option.takesValue && accepts(option)).map(({ long }) => long),
    ...valueOptions(commands, accepts),
  ]);
  return [...new Set(own)].sort();
}
