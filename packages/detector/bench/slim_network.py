"""The slim preset of createPyramidDetector in PyTorch, which takes its weights and gives what MONAI's RetinaNetDetector asks of a network."""

import math

import numpy
import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.conv1 = nn.Conv3d(filters, filters, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(4, filters)
        self.conv2 = nn.Conv3d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(4, filters)

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)), inplace=True)
        return functional.relu(x + self.norm2(self.conv2(y)), inplace=True)


class SlimNetwork(nn.Module):
    """Strides 2, 4 and 8, and one level at stride 4."""

    spatial_dims, num_classes, size_divisible = 3, 1, 8
    cls_key, box_reg_key = "classification", "box_regression"

    def __init__(self, sizes, channels=(16, 32, 48), pyramid=32):
        super().__init__()
        self.num_anchors, self.calls, before = sizes, 0, 1
        for i, filters in enumerate(channels, 1):
            kernel = 4 if i == 1 else 2
            self.add_module(f"stage{i}_down", nn.Conv3d(before, filters, kernel, 2, padding=kernel // 2 - 1, bias=False))
            self.add_module(f"stage{i}_norm", nn.GroupNorm(4, filters))
            self.add_module(f"stage{i}_block1", Residual(filters))
            before = filters
        self.lateral3 = nn.Conv3d(channels[2], pyramid, 1)
        self.lateral2 = nn.Conv3d(channels[1], pyramid, 1)
        self.head_conv1 = nn.Conv3d(pyramid, pyramid, 3, padding=1, bias=False)
        self.head_norm1 = nn.GroupNorm(4, pyramid)
        self.logits = nn.Conv3d(pyramid, sizes, 1)
        self.deltas = nn.Conv3d(pyramid, sizes * 6, 1)

    def forward(self, x):
        self.calls += 1
        stages = []
        for i in (1, 2, 3):
            down, norm = getattr(self, f"stage{i}_down"), getattr(self, f"stage{i}_norm")
            x = getattr(self, f"stage{i}_block1")(functional.relu(norm(down(x)), inplace=True))
            stages.append(x)
        top = self.lateral2(stages[1]) + functional.interpolate(self.lateral3(stages[2]), scale_factor=2)
        features = functional.relu(self.head_norm1(self.head_conv1(top)), inplace=True)
        return {self.cls_key: [self.logits(features)], self.box_reg_key: [self.deltas(features)]}

    def load(self, path, shapes):
        """Takes the weights from a file of float32; `shapes` has their names, as Gleaner has them, and shapes, in its order."""
        values, state, at = numpy.fromfile(path, "<f4"), self.state_dict(), 0
        kinds = {"gamma": "weight", "beta": "bias", "kernel": "weight"}
        for name, shape in shapes:
            layer, _, kind = name.rpartition("/")
            size = math.prod(shape)
            value = torch.from_numpy(values[at : at + size].reshape(shape).copy())
            at += size
            layer = layer.replace("block1_", "block1.")
            state[f"{layer}.{kinds.get(kind, kind)}"].copy_(value.permute(4, 3, 0, 1, 2) if kind == "kernel" else value)
