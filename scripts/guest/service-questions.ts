/** Shell commands that ask a guest about goby's service and the system around it. */

export const mainPid = '$(systemctl show goby -p MainPID --value)';

/** The worker is goby's child that runs Node too. */
export const workerPid = `pgrep -P ${mainPid} -f infer/worker`;

/** What systemd counts, and resident memory of both processes in KiB. */
export const memoryCommand = `systemctl show goby -p MemoryCurrent -p MemoryPeak | tr "\\n" " "; ps -o comm=,rss= --ppid ${mainPid} -p ${mainPid} | tr "\\n" ";"`;

/** Fails with the units that have failed, and the last that each said. */
export const noUnitHasFailed =
  'f=$(systemctl --failed --no-legend --no-pager --plain | cut -d" " -f1); for u in $f; do echo "$u:"; journalctl -u "$u" -n 6 -o cat --no-pager; done; test -z "$f"';
