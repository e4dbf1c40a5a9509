/** How an image lies in a file: a plane for each channel, and each plane row by row or column by column. */
export type PlaneOrder = "rows" | "columns";

/** For each byte of an image of channel planes, where it lies when the channels of a pixel are together (C order [height, width, channels]). */
export function pixelPlaces(height: number, width: number, channels: number, order: PlaneOrder): Int32Array {
  const places = new Int32Array(height * width * channels);
  for (let i = 0; i < places.length; i++) {
    const channel = Math.floor(i / (height * width));
    const inPlane = i % (height * width);
    const [y, x] = order === "rows" ? [Math.floor(inPlane / width), inPlane % width] : [inPlane % height, Math.floor(inPlane / height)];
    places[i] = (y * width + x) * channels + channel;
  }
  return places;
}

/** Copies one image of planes to where its pixels belong. */
export function scatterPixels(from: Uint8Array, fromAt: number, places: Int32Array, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < places.length; i++) to[toAt + places[i]!] = from[fromAt + i]!;
}
