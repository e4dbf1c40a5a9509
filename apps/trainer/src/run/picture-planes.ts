import type { Volume } from "@gleaner/volumes";
import type { Rectangle } from "./evaluation-slices.js";

type Triple = [number, number, number];

/** Where a cube begins that has a voxel in its middle, moved into the scan where the scan is large enough. */
export const startAround = (center: readonly number[], size: number, { shape }: Pick<Volume, "shape">): Triple =>
  shape.map((length, axis) =>
    length <= size ? Math.floor((length - size) / 2) : Math.max(0, Math.min(length - size, Math.round(center[axis]! - (size - 1) / 2))),
  ) as Triple;

/** Plane z of a cube in −1..1 as 8-bit gray, base64 of size × size bytes; values beyond are clipped. */
export function grayPlane(voxels: Float32Array, size: number, z: number): string {
  const plane = voxels.subarray(z * size * size, (z + 1) * size * size);
  const pixels = Uint8Array.from(plane, (value) => Math.max(0, Math.min(255, Math.round(((value + 1) / 2) * 255))));
  return Buffer.from(pixels).toString("base64");
}

/** What plane z cuts of boxes `[z0, y0, x0, z1, y1, x1]`, flat, in their order; null for a box that it misses. */
export function rectanglesOn(boxes: ArrayLike<number>, z: number): (Rectangle | null)[] {
  return Array.from({ length: boxes.length / 6 }, (_, i) => {
    const [z0, y0, x0, z1, y1, x1] = [0, 1, 2, 3, 4, 5].map((k) => boxes[6 * i + k]!) as [number, number, number, number, number, number];
    return z0 <= z && z <= z1 ? [x0, y0, x1, y1] : null;
  });
}
