/**
 * The bytes of a part of a function. Instructions are composed as expressions: each helper takes the code of its operands.
 * Opcodes are those of the WebAssembly core specification 2.0 and of the relaxed SIMD proposal.
 */
export type Code = readonly number[];

/** A local variable or parameter, by its index in the function. */
export type Local = number;

/** What is made for each of 0 to count − 1: registers, unrolled code. */
export const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** LEB128, unsigned. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** LEB128, signed. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    const isLast = (rest === 0 && byte < 64) || (rest === -1 && byte >= 64);
    bytes.push(isLast ? byte : byte | 128);
    if (isLast) return bytes;
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** Floats are aligned to 4 bytes, and nothing more is promised. */
const at = (offset: number): number[] => [2, ...unsigned(offset)];

export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const sum = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const difference = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const product = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** a < b and a ≥ b of signed integers. */
export const isLess = (a: Code, b: Code): Code => [...a, ...b, 0x48];
export const isAtLeast = (a: Code, b: Code): Code => [...a, ...b, 0x4e];
export const loadInteger = (address: Code, offset = 0): Code => [...address, 0x28, ...at(offset)];
export const advance = (local: Local, by: Code): Code => set(local, sum(get(local), by));

/** Four floats from memory, one float from memory four times, and four zeros. */
export const loadFloats = (address: Code, offset = 0): Code => [...address, ...simd(0x00), ...at(offset)];
export const loadRepeated = (address: Code, offset = 0): Code => [...address, ...simd(0x09), ...at(offset)];
export const zeros: Code = [...simd(0x0c), ...Array<number>(16).fill(0)];
export const storeFloats = (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x0b), ...at(offset)];

/** Four floats at once: a + b, a − b, a · b, and the larger one, which is NaN where `a` is. */
export const plus = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)];
export const minus = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe5)];
export const times = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)];
export const atLeast = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xeb)];
/** All bits where a > b, otherwise none; and the bits that both have. */
export const isGreater = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x44)];
export const both = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x4e)];

/** a · b + c: rounded once where relaxed SIMD is `fused` and the processor has the instruction, otherwise twice. */
export const multiplyAdd = (a: Code, b: Code, c: Code, fused: boolean): Code =>
  fused ? [...a, ...b, ...c, ...simd(0x105)] : plus(times(a, b), c);

/** Runs `body` while `condition` holds. */
export const whileTrue = (condition: Code, body: Code): Code => {
  const [block, loop, end, branch, branchUnless, nothing] = [0x02, 0x03, 0x0b, 0x0c, [0x45, 0x0d], 0x40];
  return [block, nothing, loop, nothing, ...condition, ...branchUnless, 1, ...body, branch, 0, end, end];
};

/** Runs `body` if `condition` holds. */
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, 0x40, ...body, 0x0b];

/** A function without a result: integer parameters first, then its integer variables, then its vectors. */
export interface AssembledFunction {
  name: string;
  parameters: number;
  integers: number;
  vectors: number;
  body: Code;
}

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (name: string): number[] => sized(Array.from(name, (letter) => letter.charCodeAt(0)));
const section = (id: number, items: readonly (readonly number[])[]): number[] => [id, ...sized(vector(items))];

/** A module whose functions work on the memory that it imports as "heap" "memory"; `shared` is that of an engine with threads. */
export function assembleModule(functions: readonly AssembledFunction[], shared: boolean): Uint8Array<ArrayBuffer> {
  const [i32, v128, functionType, memory, exportedFunction] = [0x7f, 0x7b, 0x60, 0x02, 0x00];
  // A shared memory must be imported with its largest size, which Emscripten sets to 4 GiB.
  const limits = shared ? [3, 0, ...unsigned(65536)] : [0, 0];
  const types = functions.map(({ parameters }) => [functionType, ...vector(Array.from({ length: parameters }, () => [i32])), 0]);
  const bodies = functions.map(({ integers, vectors, body }) =>
    sized([...vector([[...unsigned(integers), i32] as number[], [...unsigned(vectors), v128] as number[]]), ...body, 0x0b]),
  );
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [[...text("heap"), ...text("memory"), memory, ...limits]]),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      functions.map(({ name }, i) => [...text(name), exportedFunction, ...unsigned(i)]),
    ),
    ...section(10, bodies),
  ]);
}
