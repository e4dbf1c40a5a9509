"""The worker of engines.mjs for MONAI: its RetinaNetDetector trains the slim network from boxes, with its ATSS matcher and focal loss."""

import copy
import os
import sys

from step_worker import adamw, folder, plan, serve, update  # first, since it loads torch

import monai
import numpy
import torch
from monai.apps.detection.networks import retinanet_detector
from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape
from monai.losses import FocalLoss

# The network is that of the benchmark of whole scans.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../packages/detector/bench"))
from slim_network import SlimNetwork  # noqa: E402

size, labeled, sizes = plan["size"], plan["labeled"], plan["sizes"]


class FocalLossByPositives(torch.nn.Module):
    """MONAI's focal loss divided by the number of positive anchors, as Gleaner does it."""

    def __init__(self):
        super().__init__()
        self.each = FocalLoss(reduction="none", gamma=2.0, alpha=0.75)

    def forward(self, logits, targets):
        return self.each(logits, targets).sum() / targets.sum().clamp(min=1)


network = SlimNetwork(len(sizes))
network.load(f"{folder}/weights.f32", plan["weights"])
detector = RetinaNetDetector(network, AnchorGeneratorWithAnchorShape(feature_map_scales=(1,), base_anchor_shapes=[[edge] * 3 for edge in sizes]))
# MONAI asks whether its matcher is torchvision's, which is not installed here.
retinanet_detector.Matcher = type("Matcher", (), {})
detector.set_atss_matcher(num_candidates=plan["candidates"], center_in_gt=False)
detector.set_cls_loss(FocalLossByPositives())
detector.set_box_regression_loss(torch.nn.SmoothL1Loss(reduction="mean", beta=1 / 9), encode_gt=True, decode_pred=False)
detector.train()
average = copy.deepcopy(network)
optimizer = adamw(network)

patches = torch.from_numpy(numpy.fromfile(f"{folder}/patches.f32", "<f4").reshape(labeled, 1, size, size, size))
# The corner of the first voxel is at 0 in MONAI, its center in Gleaner.
boxes = torch.from_numpy(numpy.fromfile(f"{folder}/boxes.f32", "<f4").reshape(labeled, -1, 6)) + 0.5
targets = [{"boxes": each, "labels": torch.zeros(len(each), dtype=torch.long)} for each in boxes]


def step():
    losses = detector(list(patches), targets)
    # The mean is over the six deltas too; Gleaner takes their sum.
    loss = losses[network.cls_key] + 0.5 * 6 * losses[network.box_reg_key]
    return update(network, average, optimizer, loss)


serve(step, network, f"{monai.__version__}, PyTorch {torch.__version__}")
