/** A picture as something that a drawing can show, and its ratio. */
export function stillOf(bitmap: ImageBitmap): { address: string; ratio: number } {
  const canvas = document.createElement('canvas');
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  return { address: canvas.toDataURL('image/jpeg', 0.85), ratio: bitmap.width / bitmap.height };
}
