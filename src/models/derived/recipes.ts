/** All recipes, in the order in which they are tried on a model: each gets what the one before it made. */
import { floatRows } from './float-rows.ts';
import { operatorVersions } from './operator-versions.ts';
import { quantizedDimension } from './quantized-dimension.ts';
import type { Recipe } from './recipe.ts';
import { signedBytes } from './signed-bytes.ts';
import { staticShapes } from './static-shapes.ts';

export const recipes: readonly Recipe[] = [quantizedDimension, staticShapes, floatRows, operatorVersions, signedBytes];
