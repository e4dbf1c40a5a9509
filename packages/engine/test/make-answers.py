"""Writes src/check/answers.ts: what each operator of src/check/operators.ts should give, from NumPy in float64.

Every operator is written anew here from its definition; gradients are central differences of that definition, so nothing of TensorFlow.js,
TensorFlow or this package takes part. Run: python3 make-answers.py > ../src/check/answers.ts   (NumPy 2)
"""
import base64
import itertools
import sys

import numpy as np


def values(shape, seed):
    """inputValues of src/check/operator.ts."""
    state = (seed * 0x9E3779B1 + 12345) & 0xFFFFFFFF
    out = np.empty(int(np.prod(shape)))
    for i in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state >> 8) / 2**23 - 1
    return out.reshape(shape)


def window(size, taps, stride, pad):
    """Output length and pad in front, by TensorFlow's rule."""
    if pad == "valid":
        return (size - taps) // stride + 1, 0
    out = -(-size // stride)
    return out, max(0, (out - 1) * stride + taps - size) // 2


def positions(shape, taps, stride, pad):
    """For each output index the (tap, input index) pairs of its window that lie inside."""
    axes = [window(n, k, stride, pad) for n, k in zip(shape, taps)]
    for out in itertools.product(*[range(o) for o, _ in axes]):
        inside = []
        for tap in itertools.product(*[range(k) for k in taps]):
            at = tuple(o * stride + k - front for o, k, (_, front) in zip(out, tap, axes))
            if all(0 <= a < n for a, n in zip(at, shape)):
                inside.append((tap, at))
        yield out, inside


def outputs(shape, taps, stride, pad):
    return [window(n, k, stride, pad)[0] for n, k in zip(shape, taps)]


def conv(stride, pad):
    def run(x, w):
        space, taps = x.shape[1:-1], w.shape[:-2]
        y = np.zeros((x.shape[0], *outputs(space, taps, stride, pad), w.shape[-1]))
        for out, inside in positions(space, taps, stride, pad):
            for tap, at in inside:
                y[(slice(None), *out)] += x[(slice(None), *at)] @ w[tap]
        return y
    return run


def pool(reduce, size, stride, pad):
    def run(x):
        space = x.shape[1:-1]
        taps = [size] * len(space)
        y = np.zeros((x.shape[0], *outputs(space, taps, stride, pad), x.shape[-1]))
        for out, inside in positions(space, taps, stride, pad):
            y[(slice(None), *out)] = reduce(np.stack([x[(slice(None), *at)] for _, at in inside]), axis=0)
        return y
    return run


def group_norm(x, gamma, beta):
    y = np.empty_like(x)
    for n in range(2):
        for g in range(2):
            part = x[n, ..., 2 * g : 2 * g + 2]
            y[n, ..., 2 * g : 2 * g + 2] = (part - part.mean()) / np.sqrt(part.var() + 1e-3)
    return y * gamma + beta


def batch_norm(x, gamma, beta):
    return (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-3) * gamma + beta


def softmax(x):
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


def segment_sum(x):
    y = np.zeros((4, 3))
    np.add.at(y, [2, 0, 2, 3], x)
    return y


def upsample(x):
    # y and x doubled, z as it is: the operator's own shape.
    return x.repeat(2, axis=2).repeat(2, axis=3)


mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
sigmoid = lambda x: 1 / (1 + np.exp(-x))

operators = [
    ("conv3d 1×1×1", [(2, 2, 3, 2, 3), (1, 1, 1, 3, 4)], conv(1, "same")),
    ("conv3d 3×3×3", [(1, 3, 4, 5, 2), (3, 3, 3, 2, 3)], conv(1, "same")),
    ("conv3d 3×3×3, batch 2, valid", [(2, 4, 3, 4, 2), (3, 3, 3, 2, 2)], conv(1, "valid")),
    ("conv3d 3×3×3, stride 2, odd sizes", [(1, 5, 3, 5, 2), (3, 3, 3, 2, 3)], conv(2, "same")),
    ("conv3d 3×3×3, stride 2, valid", [(2, 4, 3, 5, 2), (3, 3, 3, 2, 2)], conv(2, "valid")),
    ("conv3d 4×4×4, stride 2", [(1, 4, 4, 6, 1), (4, 4, 4, 1, 3)], conv(2, "same")),
    ("conv3d 2×2×2, stride 2", [(2, 2, 4, 4, 2), (2, 2, 2, 2, 3)], conv(2, "valid")),
    ("conv2d 1×1, stride 1", [(2, 4, 3, 3), (1, 1, 3, 4)], conv(1, "same")),
    ("conv2d 3×3", [(2, 4, 5, 3), (3, 3, 3, 2)], conv(1, "same")),
    ("conv2d 3×3, stride 2", [(2, 5, 6, 2), (3, 3, 2, 3)], conv(2, "same")),
    ("group norm of composed operators", [(2, 2, 2, 3, 4), (4,), (4,)], group_norm),
    ("batch norm over a batch", [(3, 2, 2, 3), (3,), (3,)], batch_norm),
    ("nearest upsampling by reshape, concat and tile", [(1, 2, 2, 3, 2)], upsample),
    ("max pool 3D of values below zero", [(1, 5, 4, 6, 2)], lambda x: pool(np.max, 2, 2, "same")(x - 1)),
    ("average pool 3D", [(1, 4, 4, 6, 2)], pool(np.mean, 2, 2, "valid")),
    ("max pool 2D", [(2, 5, 6, 2)], pool(np.max, 3, 2, "same")),
    ("average pool 2D", [(2, 4, 6, 2)], pool(np.mean, 2, 2, "valid")),
    ("relu", [(3, 5)], lambda x: np.maximum(x, 0)),
    ("leakyRelu", [(3, 5)], lambda x: np.where(x > 0, x, 0.1 * x)),
    ("sigmoid", [(3, 5)], sigmoid),
    ("tanh", [(3, 5)], np.tanh),
    ("softplus", [(3, 5)], lambda x: np.log(1 + np.exp(x))),
    ("exp", [(3, 5)], np.exp),
    ("log", [(3, 5)], np.log, "positive"),
    ("log1p", [(3, 5)], np.log1p, "positive"),
    ("sqrt", [(3, 5)], np.sqrt, "positive"),
    ("rsqrt", [(3, 5)], lambda x: x**-0.5, "positive"),
    ("square", [(3, 5)], lambda x: x * x),
    ("abs", [(3, 5)], np.abs),
    ("neg", [(3, 5)], lambda x: -x),
    ("clipByValue", [(3, 5)], lambda x: np.clip(x, -0.3, 0.4)),
    ("softmax", [(3, 5)], softmax),
    ("logSoftmax", [(3, 5)], lambda x: np.log(softmax(x))),
    ("logSumExp", [(3, 5)], lambda x: np.log(np.exp(x).sum(1))),
    ("add, broadcast", [(2, 3, 4), (4,)], lambda a, b: a + b),
    ("sub, broadcast", [(2, 3, 4), (3, 1)], lambda a, b: a - b),
    ("mul, broadcast", [(2, 3, 4), (2, 1, 4)], lambda a, b: a * b),
    ("div, broadcast", [(2, 3, 4), (4,)], lambda a, b: a / b, "positive"),
    ("pow", [(2, 3), (2, 3)], lambda a, b: a**b, "positive"),
    ("maximum", [(3, 4), (3, 4)], np.maximum),
    ("minimum", [(3, 4), (3, 4)], np.minimum),
    ("where", [(2, 3), (2, 3)], lambda a, b: np.where(mask, a, b)),
    ("matMul", [(5, 7), (7, 3)], lambda a, b: a @ b),
    ("matMul, batch, first transposed", [(2, 4, 3), (2, 4, 5)], lambda a, b: a.transpose(0, 2, 1) @ b),
    ("matMul, batch, second transposed", [(2, 4, 3), (2, 5, 3)], lambda a, b: a @ b.transpose(0, 2, 1)),
    ("concat", [(2, 3, 4), (2, 2, 4)], lambda a, b: np.concatenate([a, b], 1)),
    ("stack", [(2, 3), (2, 3)], lambda a, b: np.stack([a, b], 1)),
    ("split", [(4, 6)], lambda x: x[:, 3:]),
    ("slice, rank 3", [(3, 4, 5)], lambda x: x[1:3, 0:3, 2:5]),
    ("slice, rank 4", [(2, 3, 4, 3)], lambda x: x[0:2, 1:3, 0:3, 2:3]),
    ("slice, rank 5", [(1, 3, 4, 3, 2)], lambda x: x[:, 1:3, 0:3, 1:3, 1:2]),
    ("pad, rank 5", [(1, 2, 2, 3, 2)], lambda x: np.pad(x, [(0, 0), (1, 0), (0, 1), (1, 1), (0, 0)])),
    ("transpose, rank 5", [(1, 2, 3, 4, 2)], lambda x: x.transpose(0, 3, 1, 2, 4)),
    ("reverse, rank 5", [(1, 2, 3, 4, 2)], lambda x: x[:, ::-1, :, ::-1]),
    ("tile", [(2, 3)], lambda x: np.tile(x, (2, 3))),
    ("broadcastTo", [(3, 1, 4)], lambda x: np.broadcast_to(x, (2, 3, 2, 4))),
    ("gather, first axis", [(4, 3)], lambda x: x[[2, 0, 2, 3]]),
    ("gather, middle axis", [(2, 4, 3)], lambda x: x[:, [2, 0, 2, 3]]),
    ("gather, batched", [(3, 6, 4)], lambda x: np.stack([x[0, [0, 2]], x[1, [1, 1]], x[2, [5, 0]]]), None, False),
    ("unsortedSegmentSum", [(4, 3)], segment_sum),
    ("sum over the last axis", [(3, 4, 5)], lambda x: x.sum(2)),
    ("sum over the first axes", [(3, 4, 5)], lambda x: x.sum((0, 1))),
    ("sum over everything", [(3, 4, 5)], lambda x: x.sum()),
    ("mean over outer axes", [(3, 4, 5)], lambda x: x.mean((0, 2))),
    ("max", [(3, 4, 5)], lambda x: x.max(1)),
    ("argMax", [(4, 6)], lambda x: x.argmax(1), None, False),
    ("topk", [(3, 6)], lambda x: -np.sort(-x, 1)[:, :3], None, False),
    ("oneHot", [(5,)], lambda x: np.eye(4)[np.floor((x + 1) * 2).astype(int)], None, False),
    ("comparison and cast", [(3, 4)], lambda x: ((x > -0.5) & (x <= 0.5)) * 1.0, None, False),
]


def answers(inputs, run, has_gradient):
    """The value, and the gradients of Σ value · weights by each input."""
    y = np.asarray(run(*inputs), float)
    out = [y]
    if not has_gradient:
        return out
    weights = values(y.shape, 77)
    step = 1e-6
    for which, x in enumerate(inputs):
        gradient = np.empty_like(x)
        for at in np.ndindex(x.shape):
            def loss(offset):
                moved = [i.copy() for i in inputs]
                moved[which][at] += offset
                return (np.asarray(run(*moved), float) * weights).sum()
            gradient[at] = (loss(step) - loss(-step)) / (2 * step)
        out.append(gradient)
    return out


print("// Made by test/make-answers.py with NumPy in float64; do not edit.")
print("// For each operator: its value, then its gradients, as little-endian float32 in base64.")
print("export const answers: Record<string, string> = {")
for name, shapes, run, *rest in operators:
    domain, has_gradient = (list(rest) + [None, True])[:2] if len(rest) == 2 else ((rest[0] if rest else None), True)
    inputs = [values(s, 1 + i) for i, s in enumerate(shapes)]
    if domain == "positive":
        inputs = [0.1 + np.abs(i) for i in inputs]
    flat = np.concatenate([a.ravel() for a in answers(inputs, run, has_gradient)]).astype("<f4")
    if not np.isfinite(flat).all():
        sys.exit(f"{name}: not finite")
    print(f'  "{name}": "{base64.b64encode(flat.tobytes()).decode()}",')
print("};")
