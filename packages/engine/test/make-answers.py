"""Writes src/check/answers.ts: what each operator of src/check/operators.ts should give, from NumPy in float64.

Every operator is written anew here from its definition; gradients are central differences of that definition, so nothing of TensorFlow.js,
TensorFlow or this package takes part. Run: python3 make-answers.py > ../src/check/answers.ts

NumPy is that of the Python it is run with, or else one from PyPI in a virtual environment that it makes below the cache folder (GLEANER_CACHE
or ~/.cache/gleaner). The answers that are there were made with NumPy 2.4.
"""
import base64
import itertools
import os
import pathlib
import subprocess
import sys
import venv

try:
    import numpy as np
except ModuleNotFoundError:
    home = pathlib.Path(os.environ.get("GLEANER_CACHE", pathlib.Path.home() / ".cache/gleaner"), "engine-answers")
    python = home / "bin/python"
    if str(python) == sys.executable:
        raise
    if not python.exists():
        venv.create(home, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "numpy==2.4.*"], check=True, stdout=sys.stderr)
    os.execv(python, [str(python), *sys.argv])


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


def depthwise(stride, pad):
    def run(x, w):
        n, h, wide, c = x.shape
        many = w.shape[3]
        y = np.zeros((n, *outputs((h, wide), w.shape[:2], stride, pad), c * many))
        for k in range(c):
            y[..., k * many : (k + 1) * many] = conv(stride, pad)(x[..., k : k + 1], w[:, :, k : k + 1])
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
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(x):
    return x - x.max(-1, keepdims=True) - np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True))


def segment_sum(x):
    y = np.zeros((4, 3))
    np.add.at(y, [2, 0, 2, 3], x)
    return y


def upsample(x):
    # y and x doubled, z as it is: the operator's own shape.
    return x.repeat(2, axis=2).repeat(2, axis=3)


def blocks_to_channels(x):
    n, d, h, w, c = x.shape
    y = np.empty((n, d // 2, h // 2, w // 2, 8 * c))
    for k, (dz, dy, dx) in enumerate(itertools.product(range(2), repeat=3)):
        y[..., k * c : (k + 1) * c] = x[:, dz::2, dy::2, dx::2]
    return y


def soft_target_focal_loss(x):
    y = (values(x.shape, 5) + 1) / 2
    p = sigmoid(x)
    cross_entropy = -y * np.log(p) - (1 - y) * np.log(1 - p)
    return (0.75 + y * (0.25 - 0.75)) * np.abs(y - p) ** 2 * cross_entropy


def adam_w(w, g, m, s):
    m = 0.9 * m + 0.1 * g
    s = 0.99 * s + 0.01 * g * g
    return np.concatenate([0.99 * w - 0.05 * m / (np.sqrt(s) + 1e-3), m, s])


def sgd(w, g, v):
    g = g + 0.01 * w
    v = 0.9 * v + g
    return np.concatenate([w - 0.1 * (g + 0.9 * v), v])


def clip(g):
    norm = np.sqrt((g * g).sum())
    return np.concatenate([[norm], g * min(1, 0.5 / norm)])


def relu(x):
    return np.maximum(x, 0)


mask = np.array([[1, 0, 0], [1, 1, 0]], bool)
sigmoid = lambda x: 1 / (1 + np.exp(-x))
flat = [(3, 5)]

operators = [
    ("conv3d 1×1×1", [(2, 2, 3, 2, 3), (1, 1, 1, 3, 4)], conv(1, "same")),
    ("conv3d 3×3×3", [(1, 3, 4, 5, 2), (3, 3, 3, 2, 3)], conv(1, "same")),
    ("conv3d 3×3×3, batch 2", [(2, 3, 2, 4, 2), (3, 3, 3, 2, 2)], conv(1, "same")),
    ("conv3d 3×3×3, batch 2, valid", [(2, 4, 3, 4, 2), (3, 3, 3, 2, 2)], conv(1, "valid")),
    ("conv3d 3×3×3, stride 2, batch 2", [(2, 4, 4, 6, 1), (3, 3, 3, 1, 2)], conv(2, "same")),
    ("conv3d 3×3×3, stride 2, odd sizes", [(1, 5, 3, 5, 2), (3, 3, 3, 2, 3)], conv(2, "same")),
    ("conv3d 3×3×3, stride 2, valid", [(2, 4, 3, 5, 2), (3, 3, 3, 2, 2)], conv(2, "valid")),
    ("conv3d 4×4×4, stride 2", [(1, 4, 4, 6, 1), (4, 4, 4, 1, 3)], conv(2, "same")),
    ("conv3d 2×2×2, stride 2", [(2, 2, 4, 4, 2), (2, 2, 2, 2, 3)], conv(2, "valid")),
    ("conv3d 1×1×1, stride 2", [(2, 4, 3, 4, 2), (1, 1, 1, 2, 3)], conv(2, "valid")),
    ("conv2d 1×1, stride 1", [(2, 4, 3, 3), (1, 1, 3, 4)], conv(1, "same")),
    ("conv2d 1×1, stride 2", [(2, 4, 5, 3), (1, 1, 3, 4)], conv(2, "valid")),
    ("conv2d 3×3", [(2, 4, 5, 3), (3, 3, 3, 2)], conv(1, "same")),
    ("conv2d 3×3, stride 2", [(2, 5, 6, 2), (3, 3, 2, 3)], conv(2, "same")),
    ("conv2d 3×3, stride 2, valid", [(2, 6, 5, 2), (3, 3, 2, 3)], conv(2, "valid")),
    ("depthwise conv2d 3×3", [(2, 4, 3, 2), (3, 3, 2, 1)], depthwise(1, "same")),
    ("depthwise conv2d 3×3, stride 2, two of each channel", [(1, 5, 6, 2), (3, 3, 2, 2)], depthwise(2, "same")),
    ("conv2d of 20 channels", [(1, 4, 4, 20), (3, 3, 20, 8)], conv(1, "valid"), None, False),
    ("conv3d of 20 channels", [(1, 3, 4, 3, 20), (3, 3, 3, 20, 8)], conv(1, "valid"), None, False),
    ("conv2d with a bias and ReLU", [(2, 4, 3, 2), (3, 3, 2, 3), (3,)], lambda x, w, b: relu(conv(1, "same")(x, w) + b)),
    ("dense layer with a bias", [(4, 5), (5, 3), (3,)], lambda a, b, c: a @ b + c),
    ("group norm of composed operators", [(2, 2, 2, 3, 4), (4,), (4,)], group_norm),
    ("batch norm over a batch", [(3, 2, 2, 3), (3,), (3,)], batch_norm),
    ("nearest upsampling by reshape, concat and tile", [(1, 2, 2, 3, 2)], upsample),
    ("max pool 3D of values below zero", [(1, 5, 4, 6, 2)], lambda x: pool(np.max, 2, 2, "same")(x - 1)),
    ("average pool 3D", [(1, 4, 4, 6, 2)], pool(np.mean, 2, 2, "valid")),
    ("max pool 2D", [(2, 5, 6, 2)], pool(np.max, 3, 2, "same")),
    ("max pool 2D, 2×2", [(2, 4, 6, 2)], lambda x: pool(np.max, 2, 2, "valid")(x - 1)),
    ("average pool 2D", [(2, 4, 6, 2)], pool(np.mean, 2, 2, "valid")),
    ("global average pool 2D", [(2, 3, 4, 3)], lambda x: x.mean((1, 2))),
    ("relu", [(3, 5)], lambda x: np.maximum(x, 0)),
    ("leakyRelu", [(3, 5)], lambda x: np.where(x > 0, x, 0.1 * x)),
    ("step", flat, lambda x: np.where(x > 0, 1, 0.1), None, False),
    ("sigmoid", [(3, 5)], sigmoid),
    ("sigmoid of −100 to 100", flat, lambda x: sigmoid(100 * x)),
    ("tanh", [(3, 5)], np.tanh),
    ("softplus", [(3, 5)], lambda x: np.log(1 + np.exp(x))),
    ("softplus of −100 to 100", flat, lambda x: np.logaddexp(0, 100 * x)),
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
    ("logSoftmax", [(3, 5)], log_softmax),
    ("logSoftmax of −100 to 100", flat, lambda x: log_softmax(100 * x)),
    ("logSumExp", [(3, 5)], lambda x: np.log(np.exp(x).sum(1))),
    ("add, broadcast", [(2, 3, 4), (4,)], lambda a, b: a + b),
    ("add of a bias, rank 5", [(2, 2, 1, 3, 4), (4,)], lambda a, b: a + b),
    ("sub, broadcast", [(2, 3, 4), (3, 1)], lambda a, b: a - b),
    ("mul, broadcast", [(2, 3, 4), (2, 1, 4)], lambda a, b: a * b),
    ("mul, both broadcast", [(2, 1, 4), (3, 1)], lambda a, b: a * b),
    ("mul by a scalar", [(2, 3, 4), ()], lambda a, b: a * b),
    ("div, broadcast", [(2, 3, 4), (4,)], lambda a, b: a / b, "positive"),
    ("divNoNan", [(3, 5), (3, 5)], lambda a, b: np.where(b > 0, a / np.where(b > 0, b, 1), 0), None, False),
    ("pow", [(2, 3), (2, 3)], lambda a, b: a**b, "positive"),
    ("pow by a scalar", flat, lambda x: x**2.5, "positive"),
    ("maximum", [(3, 4), (3, 4)], np.maximum),
    ("minimum", [(3, 4), (3, 4)], np.minimum),
    ("maximum, broadcast", [(3, 4), (4,)], np.maximum, None, False),
    ("minimum, broadcast", [(3, 4), (3, 1)], np.minimum, None, False),
    ("where", [(2, 3), (2, 3)], lambda a, b: np.where(mask, a, b)),
    ("matMul", [(5, 7), (7, 3)], lambda a, b: a @ b),
    ("matMul, sums of 300", [(6, 300), (300, 4)], lambda a, b: a @ b, None, False),
    ("matMul, 40 × 40", [(40, 9), (9, 40)], lambda a, b: a @ b, None, False),
    ("matMul, batch", [(2, 3, 4), (2, 4, 5)], lambda a, b: a @ b),
    ("matMul, batch, first transposed", [(2, 4, 3), (2, 4, 5)], lambda a, b: a.transpose(0, 2, 1) @ b),
    ("matMul, batch, second transposed", [(2, 4, 3), (2, 5, 3)], lambda a, b: a @ b.transpose(0, 2, 1)),
    ("concat", [(2, 3, 4), (2, 2, 4)], lambda a, b: np.concatenate([a, b], 1)),
    ("concat of channels, rank 5", [(1, 2, 1, 2, 3), (1, 2, 1, 2, 2)], lambda a, b: np.concatenate([a, b], 4)),
    ("stack", [(2, 3), (2, 3)], lambda a, b: np.stack([a, b], 1)),
    ("split", [(4, 6)], lambda x: x[:, 3:]),
    ("unstack", [(4, 3)], lambda x: x[:, 1]),
    ("slice, rank 2", [(4, 5)], lambda x: x[1:3, 2:5]),
    ("slice, rank 3", [(3, 4, 5)], lambda x: x[1:3, 0:3, 2:5]),
    ("slice, rank 4", [(2, 3, 4, 3)], lambda x: x[0:2, 1:3, 0:3, 2:3]),
    ("slice, rank 5", [(1, 3, 4, 3, 2)], lambda x: x[:, 1:3, 0:3, 1:3, 1:2]),
    ("pad, rank 4", [(2, 2, 3, 2)], lambda x: np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])),
    ("pad, rank 5", [(1, 2, 2, 3, 2)], lambda x: np.pad(x, [(0, 0), (1, 0), (0, 1), (1, 1), (0, 0)])),
    ("transpose, rank 2", [(3, 5)], lambda x: x.T),
    ("transpose, rank 4", [(2, 3, 2, 4)], lambda x: x.transpose(0, 2, 1, 3)),
    ("transpose, rank 5", [(1, 2, 3, 4, 2)], lambda x: x.transpose(0, 3, 1, 2, 4)),
    ("reverse, rank 5", [(1, 2, 3, 4, 2)], lambda x: x[:, ::-1, :, ::-1]),
    ("tile", [(2, 3)], lambda x: np.tile(x, (2, 3))),
    ("broadcastTo", [(3, 1, 4)], lambda x: np.broadcast_to(x, (2, 3, 2, 4))),
    ("gather, first axis", [(4, 3)], lambda x: x[[2, 0, 2, 3]]),
    ("gather, first axis, rank 5", [(4, 1, 2, 2, 3)], lambda x: x[[2, 0, 2, 3]]),
    ("gather, middle axis", [(2, 4, 3)], lambda x: x[:, [2, 0, 2, 3]]),
    ("gather, batched", [(3, 6, 4)], lambda x: np.stack([x[0, [0, 2]], x[1, [1, 1]], x[2, [5, 0]]]), None, False),
    ("unsortedSegmentSum", [(4, 3)], segment_sum),
    ("sum over the last axis", [(3, 4, 5)], lambda x: x.sum(2)),
    ("sum over the first axes", [(3, 4, 5)], lambda x: x.sum((0, 1))),
    ("sum over a middle axis, kept", [(3, 4, 5)], lambda x: x.sum(1, keepdims=True)),
    ("sum over the inner axes of volumes", [(2, 2, 3, 2, 3)], lambda x: x.sum((1, 2, 3))),
    ("sum over everything", [(3, 4, 5)], lambda x: x.sum()),
    ("sum of 10,000 numbers", [(10_000,)], lambda x: x.sum(), None, False),
    ("mean over outer axes", [(3, 4, 5)], lambda x: x.mean((0, 2))),
    ("mean over everything", [(3, 4, 5)], lambda x: x.mean()),
    ("mean of 3,000 rows", [(3000, 3)], lambda x: x.mean(0), None, False),
    ("max", [(3, 4, 5)], lambda x: x.max(1)),
    ("max over everything", [(3, 4, 5)], lambda x: x.max()),
    ("argMax", [(4, 6)], lambda x: x.argmax(1), None, False),
    ("topk", [(3, 6)], lambda x: -np.sort(-x, 1)[:, :3], None, False),
    ("topk, indices", [(3, 6)], lambda x: np.argsort(-x, 1)[:, :3], None, False),
    ("oneHot", [(5,)], lambda x: np.eye(4)[np.floor((x + 1) * 2).astype(int)], None, False),
    ("comparison and cast", [(3, 4)], lambda x: ((x > -0.5) & (x <= 0.5)) * 1.0, None, False),
    ("equal, of whole numbers", [(3, 4)], lambda x: (np.floor(2 * x) == 0) * 1.0, None, False),
    ("zeros and ones", flat, lambda x: x, None, False),
    ("group norm with ReLU", [(2, 2, 2, 3, 4), (4,), (4,)], lambda x, g, b: relu(group_norm(x, g, b))),
    ("group norm, addition and ReLU", [(2, 2, 1, 3, 4), (4,), (4,), (2, 2, 1, 3, 4)], lambda x, g, b, r: relu(group_norm(x, g, b) + r)),
    ("batch norm with LeakyReLU", [(3, 2, 2, 3), (3,), (3,)], lambda x, g, b: (lambda z: np.where(z > 0, z, 0.1 * z))(batch_norm(x, g, b))),
    ("nearest upsampling of volumes", [(1, 2, 1, 3, 2)], lambda x: x.repeat(2, axis=1).repeat(2, axis=2).repeat(2, axis=3)),
    ("blocks of voxels to channels", [(1, 2, 4, 2, 2)], blocks_to_channels),
    ("soft-target focal loss", flat, soft_target_focal_loss),
    ("AdamW's update", [(5,)] * 4, adam_w, "positive", False),
    ("SGD's update with Nesterov's momentum", [(5,)] * 3, sgd, "positive", False),
    ("average of weights", [(5,)] * 2, lambda w, a: 0.75 * a + 0.25 * w, "positive", False),
    ("clip by the norm of the gradients", [(5,)], clip, "positive", False),
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
    numbers = np.concatenate([a.ravel() for a in answers(inputs, run, has_gradient)]).astype("<f4")
    if not np.isfinite(numbers).all():
        sys.exit(f"{name}: not finite")
    print(f'  "{name}": "{base64.b64encode(numbers.tobytes()).decode()}",')
print("};")
