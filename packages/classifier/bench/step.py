"""The worker of step.mjs for PyTorch: one FlexMatch step of WRN-28-2 in the form of TorchSSL, asked for line by line."""

import math
import os
import sys

# The loop is that of the benchmarks of all engines; first, since it loads torch.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../bench"))
from step_worker import folder, plan, serve  # noqa: E402

import numpy
import torch
from torch import nn
from torch.nn import functional


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=1e-3)


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2)


def act(x):
    return functional.leaky_relu(x, 0.1)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, first_group):
        super().__init__()
        self.norm1 = norm(inputs)
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.norm2 = norm(outputs)
        self.conv2 = conv(outputs, outputs, 3)
        self.shortcut = conv(inputs, outputs, 1, stride) if inputs != outputs else None
        # The first block of a later group convolves its raw input.
        self.raw = self.shortcut is not None and not first_group

    def forward(self, x):
        entry = x if self.raw else act(self.norm1(x))
        y = self.conv2(act(self.norm2(self.conv1(entry))))
        return y + (x if self.shortcut is None else self.shortcut(entry))


class WideResNet(nn.Module):
    def __init__(self, classes, depth, widen):
        super().__init__()
        blocks, channels = (depth - 4) // 6, 16
        self.stem = conv(3, 16, 3)
        for group in (1, 2, 3):
            filters = 8 * 2**group * widen
            for block in range(1, blocks + 1):
                stride = 2 if block == 1 and group > 1 else 1
                self.add_module(f"group{group}_block{block}", Block(channels, filters, stride, group == 1))
                channels = filters
        self.norm = norm(channels)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        for name, module in self.named_children():
            if name not in ("norm", "head"):
                x = module(x)
        return self.head(act(self.norm(x)).mean((2, 3)))


model = WideResNet(plan["classes"], plan["depth"], plan["widen"])
names = {"gamma": "weight", "beta": "bias", "kernel": "weight", "moving_mean": "running_mean", "moving_variance": "running_var"}
values, state, at = numpy.fromfile(f"{folder}/weights.f32", "<f4"), model.state_dict(), 0
for name, shape in plan["weights"]:
    layer, _, kind = name.rpartition("/")
    size = math.prod(shape)
    value = torch.from_numpy(values[at : at + size].reshape(shape).copy())
    at += size
    if kind == "kernel":
        value = value.permute(3, 2, 0, 1) if len(shape) == 4 else value.T
    state[layer.replace(".block", "_block") + "." + names.get(kind, kind)].copy_(value)

images = torch.from_numpy(numpy.fromfile(f"{folder}/images.f32", "<f4").reshape(plan["images"])).permute(0, 3, 1, 2).contiguous()
if plan["channelsLast"]:
    model = model.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
labels, thresholds = torch.tensor(plan["labels"]), torch.tensor(plan["thresholds"])
labeled, unlabeled = plan["labeled"], plan["unlabeled"]
model.train()
average = [parameter.detach().clone() for parameter in model.parameters()]
decayed = [p for name, p in model.named_parameters() if not (name.endswith("bias") or "norm" in name)]
rest = [p for name, p in model.named_parameters() if name.endswith("bias") or "norm" in name]
optimizer = torch.optim.SGD(
    [{"params": decayed, "weight_decay": 5e-4}, {"params": rest, "weight_decay": 0}], lr=0.03, momentum=0.9, nesterov=True, foreach=True
)


def step():
    logits = model(images)
    weak, strong = logits[labeled : labeled + unlabeled], logits[labeled + unlabeled :]
    confidence, classes = functional.softmax(weak.detach(), -1).max(-1)
    mask = (confidence >= thresholds[classes]).float()
    supervised = functional.cross_entropy(logits[:labeled], labels)
    loss = supervised + (functional.cross_entropy(strong, classes, reduction="none") * mask).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        torch._foreach_lerp_(average, list(model.parameters()), 1 - 0.999)
    return {"losses": loss.item(), "masks": mask.sum().item()}


serve(step, model, torch.__version__)
