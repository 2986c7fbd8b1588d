/* Lines of equal value on a grid of cells whose middles are the sides' values. */

import { contours } from "d3-contour";
import type { Numbers } from "./plot_types";

export interface Isoline {
  value: number;
  rings: [number, number][][]; // in cells: (0.5, 0.5) is the first cell's middle
}

const LEVELS = 9;

export function isolines(mean: Numbers[], low: number, high: number): Isoline[] {
  const height = mean.length;
  const width = mean[0]?.length ?? 0;
  if (height < 2 || width < 2 || !(high > low)) return [];
  const flat = mean.flatMap((row) => row.map((value) => value ?? NaN));
  const levels = Array.from({ length: LEVELS }, (_, i) => low + ((i + 1) * (high - low)) / (LEVELS + 1));
  return contours()
    .size([width, height])
    .smooth(true)
    .thresholds(levels)(flat)
    .map((level) => ({
      value: level.value,
      rings: level.coordinates.flatMap((polygon) => polygon.flatMap((ring) => strokes(ring as [number, number][], width, height))),
    }))
    .filter((level) => level.rings.length > 0);
}

/* Without the pieces that run along the border of the grid, which are no line of equal value. */
function strokes(ring: [number, number][], width: number, height: number): [number, number][][] {
  const isBorder = ([x, y]: [number, number]) => x <= 0 || y <= 0 || x >= width || y >= height;
  const pieces: [number, number][][] = [];
  let piece: [number, number][] = [];
  const close = () => {
    if (piece.length > 1) pieces.push(piece);
    piece = [];
  };
  ring.forEach((point, i) => {
    const next = ring[i + 1];
    piece.push(point);
    if (next && isBorder(point) && isBorder(next)) close();
  });
  close();
  return pieces;
}

/* From cells to the sides' values: the middle of cell i is values[i]; between, as pixels lie. */
export function alongSide(pixels: number[], cell: number): number {
  const at = Math.min(pixels.length - 1, Math.max(0, cell - 0.5));
  const below = Math.min(pixels.length - 2, Math.floor(at));
  return pixels[below] + (at - below) * (pixels[below + 1] - pixels[below]);
}

/* The edges of cells, in pixels: halfway between the middles, the outer ones at the ends. */
export function edges(pixels: number[]): number[] {
  const inner = pixels.slice(1).map((pixel, i) => (pixel + pixels[i]) / 2);
  return [pixels[0], ...inner, pixels[pixels.length - 1]];
}
