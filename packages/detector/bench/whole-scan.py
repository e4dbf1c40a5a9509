"""The worker of whole-scan.mjs for MONAI: its sliding-window RetinaNet detector on the scan, asked for line by line."""

import resource
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "bench"))
from step_worker import answer, folder, plan  # first, since it loads torch

import monai  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector  # noqa: E402
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape  # noqa: E402
from slim_network import SlimNetwork  # noqa: E402

sizes, shape, patch = plan["sizes"], plan["shape"], plan["patch"]

network = SlimNetwork(len(sizes))
network.load(f"{folder}/weights.f32", plan["weights"])
detector = RetinaNetDetector(network, AnchorGeneratorWithAnchorShape(feature_map_scales=(1,), base_anchor_shapes=[[size] * 3 for size in sizes]))
detector.set_sliding_window_inferer(roi_size=[patch] * 3, overlap=plan["overlap"], sw_batch_size=1, mode="constant", device="cpu")
detector.eval()
scan = torch.from_numpy(numpy.fromfile(f"{folder}/scan.f32", "<f4").reshape(1, *shape))


def detect(image, threshold):
    detector.set_box_selector_parameters(
        score_thresh=threshold,
        topk_candidates_per_level=plan["topK"],
        nms_thresh=plan["iouThreshold"],
        detections_per_img=plan["maxDetections"],
    )
    network.calls = 0
    with torch.inference_mode():
        (found,) = detector([image], use_inferer=True)
        return {"tiles": network.calls, "boxes": found["boxes"].tolist(), "scores": found["labels_scores"].tolist()}


def largest_difference(image):
    """Of the logits of the patch that Gleaner left as an example."""
    with torch.inference_mode():
        ours = network(image[None])[network.cls_key][0].permute(0, 2, 3, 4, 1).reshape(-1).numpy()
    return float(numpy.abs(ours - numpy.fromfile(f"{folder}/logits.f32", "<f4")).max())


example = scan[(slice(None), *(slice(start, start + patch) for start in plan["example"]))]
answer(
    version=f"MONAI {monai.__version__}, PyTorch {torch.__version__}",
    parameters=sum(p.numel() for p in network.parameters()),
    difference=largest_difference(example),
    boxes=detect(example, plan["exampleThreshold"])["boxes"],
)
for line in sys.stdin:
    start, spent = time.perf_counter(), time.process_time()
    detections = detect(scan, plan["scoreThreshold"])
    seconds, processor = time.perf_counter() - start, time.process_time() - spent
    answer(time=seconds, processor=processor, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, **detections)
