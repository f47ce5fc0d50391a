/** Reads one model file for the agent, which may end this process at any moment: see read-apart.ts. */
import { text } from 'node:stream/consumers';
import { exitCode, isExpected, sentence } from '../../errors.ts';
import { ownPath } from '../model-file.ts';
import { readModelFile } from '../own-model.ts';
import { resolveModel } from '../resolve.ts';
import { readModel } from '../tflite-file/read-model.ts';
import type { ApartAnswer, ApartRequest } from './answer.ts';

async function answer(request: ApartRequest): Promise<ApartAnswer> {
  try {
    const model = await resolveModel(request);
    // Also what was derived of it, and before any library is given it: a damaged file can end a process.
    const { cpu } = model.pair;
    readModel(await readModelFile(cpu.path, model.name), ownPath(cpu));
    return { model: model as unknown as Extract<ApartAnswer, { model: unknown }>['model'] };
  } catch (error) {
    if (isExpected(error)) return { message: error.message, code: error.exitCode };
    return { message: `The model ${request.name} can't be read: ${sentence(error)}`, code: exitCode.failed };
  }
}

process.stdout.write(JSON.stringify(await answer(JSON.parse(await text(process.stdin)) as ApartRequest)));
