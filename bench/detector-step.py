"""The worker of engines.mjs for PyTorch: the same detector, loss, optimizer and average as detector-step.mjs, asked for line by line."""

import copy
import os
import sys

from step_worker import adamw, folder, plan, serve, update  # first, since it loads torch

import numpy
import torch
from torch.nn import functional

# The network is that of the benchmark of whole scans.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../packages/detector/bench"))
from slim_network import SlimNetwork  # noqa: E402


def predict(network, x):
    """Logits [batch, anchors] and deltas [batch, anchors, 6], as the detector of detector-step.mjs has them."""
    answers = network(x)
    flat = lambda y, values: y.permute(0, 2, 3, 4, 1).reshape(len(y), -1, values)
    return flat(answers[network.cls_key][0], 1).squeeze(2), flat(answers[network.box_reg_key][0], 6)


model = SlimNetwork(3)
model.load(f"{folder}/weights.f32", plan["weights"])

size, labeled, unlabeled, views = plan["size"], plan["labeled"], plan["unlabeled"], plan["views"]
layout = torch.channels_last_3d if plan["channelsLast"] else torch.contiguous_format


def read(name, *shape):
    return torch.from_numpy(numpy.fromfile(f"{folder}/{name}.f32", "<f4").reshape(shape))


def volumes(name, count):
    return read(name, count, 1, size, size, size).contiguous(memory_format=layout)


model = model.to(memory_format=layout).train()
teacher = copy.deepcopy(model)
patches, targets = volumes("patches", labeled), read("targets", labeled, -1)
deltas = read("deltas", labeled, targets.shape[1], 6)
fresh = volumes("unlabeled", unlabeled) if unlabeled else None
optimizer = adamw(model)


def focal(targets, logits):
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (0.25 + 0.5 * targets) * (targets - torch.sigmoid(logits)).square() * cross_entropy


def soft_targets():
    edge, total = size // 4, 0
    with torch.no_grad():
        for k in range(views):
            axes = [axis for axis, bit in ((2, 4), (3, 2), (4, 1)) if k & bit]
            logits, _ = predict(teacher, torch.flip(fresh, axes).contiguous(memory_format=layout))
            total = total + torch.flip(torch.sigmoid(logits).reshape(unlabeled, edge, edge, edge, 3), [axis - 1 for axis in axes])
        mean = (total / views).reshape(unlabeled, -1)
        # Sharpened with the temperature 1/2.
        return mean**2 / (mean**2 + (1 - mean) ** 2)


def training_step():
    batch, soft = patches, targets
    if unlabeled:
        batch, soft = torch.cat([patches, fresh]).contiguous(memory_format=layout), torch.cat([targets, soft_targets()])
    logits, boxes = predict(model, batch)
    each = focal(soft, logits).sum(1)
    positives = targets.sum().clamp(min=1)
    box = functional.smooth_l1_loss(boxes[:labeled], deltas, reduction="none", beta=1 / 9).sum(2) * targets
    loss = (each.sum() + 0.5 * box.sum()) / positives
    return update(model, teacher, optimizer, loss)


def inference():
    with torch.inference_mode():
        logits, boxes = predict(model, patches)
        boxes.numpy()
        return float(logits.numpy().sum(dtype="f8"))


serve(training_step if plan["train"] else inference, model, torch.__version__)
