/** What machine a figure was measured on. */
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

export interface Machine {
  readonly board: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly architecture: string;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    board: boardName(),
    processor: cpus()[0]?.model.trim() || 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1_000_000),
    architecture: arch(),
    kernel: release(),
    node: process.version,
  };
}

/** The same in one line. */
export function machineLine({ board, processor, cores, memoryMb, architecture, kernel, node }: Machine): string {
  return `${board}, ${processor}, ${cores} cores, ${memoryMb} MB, ${architecture}, Linux ${kernel}, Node ${node}`;
}

function boardName(): string {
  for (const file of ['/proc/device-tree/model', '/sys/class/dmi/id/product_name']) {
    try {
      const name = readFileSync(file, 'utf8').replaceAll('\0', '').trim();
      if (name !== '') return name;
    } catch {
      // Not this kind of machine.
    }
  }
  return 'unknown';
}
