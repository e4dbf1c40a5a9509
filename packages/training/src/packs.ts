import * as tf from "@tensorflow/tfjs-core";

// An engine spends 10 to 20 µs on an operation however small, and an optimizer does a dozen for each variable. So the small variables
// (biases, norms) are updated together as one long vector, and the large ones each in its own shape, without a copy.
const joinedBelow = 8192;

/** Tensors that are treated by one set of operations. */
export interface Pack {
  readonly names: readonly string[];
  readonly shapes: readonly (readonly number[])[];
  readonly sizes: readonly number[];
  /** What `group` gave for all of them. */
  readonly group: boolean;
}

export interface PackOptions {
  /** Tensors that differ in this are not put together; all are one group unless told. */
  group?: (name: string) => boolean;
  /** Each tensor alone, however small, for operators that take lists. */
  alone?: boolean;
}

/** Packs of the named tensors: the small ones of a group together, each large one alone. */
export function makePacks(tensors: Readonly<Record<string, tf.Tensor>>, names: readonly string[], options: PackOptions = {}): Pack[] {
  const { group = () => false, alone = false } = options;
  const lists: { names: string[]; group: boolean }[] = [];
  const small = new Map<boolean, string[]>();
  for (const name of names) {
    const list = { names: [name], group: group(name) };
    const isSmall = !alone && tensors[name]!.size < joinedBelow;
    const joined = small.get(list.group);
    if (isSmall && joined) {
      joined.push(name);
      continue;
    }
    if (isSmall) small.set(list.group, list.names);
    lists.push(list);
  }
  return lists.map((list) => ({
    ...list,
    shapes: list.names.map((name) => tensors[name]!.shape),
    sizes: list.names.map((name) => tensors[name]!.size),
  }));
}

/** The tensors of a pack as one: a lone one as it is, several flattened and joined. */
export function join(pack: Pack, tensors: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  if (pack.names.length === 1) return tensors[pack.names[0]!]!;
  return tf.concat1d(
    pack.names.map((name) => {
      const tensor = tensors[name]!;
      return (tensor.rank === 1 ? tensor : tf.reshape(tensor, [-1])) as tf.Tensor1D;
    }),
  );
}

/** Undoes `join`: the tensors of a pack in their shapes. */
export function part(pack: Pack, joined: tf.Tensor): tf.Tensor[] {
  if (pack.names.length === 1) return [joined];
  return tf.split(joined, [...pack.sizes]).map((piece, i) => {
    const shape = pack.shapes[i]!;
    return shape.length === 1 ? piece : tf.reshape(piece, [...shape]);
  });
}
