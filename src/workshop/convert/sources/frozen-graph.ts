/** Reads a frozen GraphDef (.pb), in which all variables are constants. */
import { InputError } from '../../../errors.ts';
import { checkFetched } from '../../../models/file-kind.ts';
import type { GraphDef } from '../graph-def.ts';
import { type GraphMessage, graphFields, plainFunctions, plainNodes } from './graph-proto.ts';
import { inlineFunctions } from './inline-functions.ts';
import { readProtobuf } from './protobuf.ts';

/** @throws InputError when it is no GraphDef, or holds variables */
export function readFrozenGraph(bytes: Uint8Array, source: string): GraphDef {
  const what = 'TensorFlow GraphDef';
  checkFetched(bytes, source);
  if (/^\s*(#.*\n\s*)*(node|versions|library)\s*[:{]/.test(Buffer.from(bytes.subarray(0, 400)).toString('latin1'))) {
    throw new InputError(`${source} is a graph as text, in which weights are usually missing.`, {
      remedy: 'Write the frozen graph as binary: tf.io.write_graph(graph, folder, "graph.pb", as_text=False).',
    });
  }
  if (/\.ckpt(-\d+)?(\.meta|\.index|\.data-\S+)?$|\.meta$/.test(source)) {
    throw new InputError(`${source} is a part of a checkpoint, not a frozen graph.`, {
      remedy: 'Freeze it first (freeze_graph --input_meta_graph ... --input_checkpoint ...), and convert that .pb.',
    });
  }
  const empty: GraphMessage = { nodes: [], functions: [] };
  const message = readProtobuf(bytes, graphFields, empty, { source, what, remedy: kinds });
  const isGraph = message.nodes.length > 0 && message.nodes.every(({ name, op }) => name !== '' && op !== '');
  if (!isGraph) throw new InputError(`${source} is no ${what}.`, { remedy: kinds });
  const variables = message.nodes.filter(({ op }) => /^(VariableV2|Variable|VarHandleOp|ReadVariableOp)$/.test(op));
  if (variables.length > 0) {
    throw new InputError(
      `${source} is not frozen: it has ${variables.length} variables, such as ${variables[0]!.name}.`,
      { remedy: 'Freeze it first, so that variables become constants, or give the folder of the SavedModel.' },
    );
  }
  const def = { source, ...plainNodes(message.nodes, source), functions: plainFunctions(message, source) };
  return def.functions.size === 0 ? def : inlineFunctions(def, [...def.nodes.keys()]);
}

const kinds =
  'goby converts frozen graphs (.pb), SavedModel folders, Keras models (.h5, .keras) and TensorFlow.js models (model.json).';
