/** Tries recipes on a model, one after the other. Pure. */
import type { TfliteModel } from '../tflite-file/tflite-model.ts';
import type { Recipe } from './recipe.ts';

export interface AppliedRecipe {
  readonly recipe: string;
  readonly version: number;
  readonly changes: readonly string[];
}

export interface Derivation {
  /** The model itself where nothing was applied. */
  readonly model: TfliteModel;
  readonly applied: readonly AppliedRecipe[];
  /** By the recipe's name: why it wrote nothing. */
  readonly reasons: ReadonlyMap<string, string>;
}

export function applyRecipes(model: TfliteModel, recipes: readonly Recipe[]): Derivation {
  const applied: AppliedRecipe[] = [];
  const reasons = new Map<string, string>();
  let current = model;
  for (const { name, version, apply } of recipes) {
    const rewritten = apply(current);
    if ('reason' in rewritten) {
      reasons.set(name, rewritten.reason);
      continue;
    }
    current = rewritten.model;
    applied.push({ recipe: name, version, changes: rewritten.changes });
  }
  return { model: current, applied, reasons };
}
