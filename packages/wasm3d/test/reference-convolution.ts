// The definition of a convolution and its gradients, in float64 and without any cleverness.

export interface Line {
  input: number;
  taps: number;
  stride: number;
  dilation: number;
  pad: number;
  output: number;
}

export interface Case {
  batch: number;
  channels: [number, number];
  lines: [Line, Line, Line];
}

/** Calls `use` with the flat indices of x, filter and y of each product of the sum. */
function eachProduct({ batch, channels: [from, to], lines }: Case, use: (x: number, w: number, y: number) => void): void {
  const [a, b, c] = lines;
  for (let n = 0; n < batch; n++)
    for (let oz = 0; oz < a.output; oz++)
      for (let oy = 0; oy < b.output; oy++)
        for (let ox = 0; ox < c.output; ox++)
          for (let kz = 0; kz < a.taps; kz++)
            for (let ky = 0; ky < b.taps; ky++)
              for (let kx = 0; kx < c.taps; kx++) {
                const z = oz * a.stride + kz * a.dilation - a.pad;
                const y = oy * b.stride + ky * b.dilation - b.pad;
                const x = ox * c.stride + kx * c.dilation - c.pad;
                if (z < 0 || y < 0 || x < 0 || z >= a.input || y >= b.input || x >= c.input) continue;
                const source = (((n * a.input + z) * b.input + y) * c.input + x) * from;
                const tap = ((kz * b.taps + ky) * c.taps + kx) * from;
                const target = (((n * a.output + oz) * b.output + oy) * c.output + ox) * to;
                for (let i = 0; i < from; i++) for (let o = 0; o < to; o++) use(source + i, (tap + i) * to + o, target + o);
              }
}

const sizes = ({ batch, channels: [from, to], lines: [a, b, c] }: Case): { x: number; w: number; y: number } => ({
  x: batch * a.input * b.input * c.input * from,
  w: a.taps * b.taps * c.taps * from * to,
  y: batch * a.output * b.output * c.output * to,
});

export function referenceForward(c: Case, x: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const y = new Float64Array(sizes(c).y);
  eachProduct(c, (i, k, o) => {
    y[o]! += x[i]! * w[k]!;
  });
  return y;
}

export function referenceInputGradient(c: Case, dy: ArrayLike<number>, w: ArrayLike<number>): Float64Array {
  const dx = new Float64Array(sizes(c).x);
  eachProduct(c, (i, k, o) => {
    dx[i]! += dy[o]! * w[k]!;
  });
  return dx;
}

export function referenceFilterGradient(c: Case, x: ArrayLike<number>, dy: ArrayLike<number>): Float64Array {
  const dw = new Float64Array(sizes(c).w);
  eachProduct(c, (i, k, o) => {
    dw[k]! += x[i]! * dy[o]!;
  });
  return dw;
}

/** TensorFlow's rule for outputs and pads; `pad` is "same", "valid" or a number for both ends. */
export function line(input: number, taps: number, stride: number, dilation: number, pad: "same" | "valid" | number): Line {
  const reach = (taps - 1) * dilation + 1;
  if (pad === "same") {
    const output = Math.ceil(input / stride);
    return { input, taps, stride, dilation, output, pad: Math.max(0, Math.floor(((output - 1) * stride + reach - input) / 2)) };
  }
  const begin = pad === "valid" ? 0 : pad;
  return { input, taps, stride, dilation, pad: begin, output: Math.max(0, Math.floor((input + 2 * begin - reach) / stride) + 1) };
}
