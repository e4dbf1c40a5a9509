"""RandAugment and cutout with Pillow, to time @gleaner/augment against; bench/compare.mjs runs this.

Every image goes from NumPy to Pillow, through three operations and a cutout, and back, as the data loaders of FixMatch and FlexMatch in Python have it. What is
drawn is read beforehand, so that drawing costs nothing here.

Usage: compare.py FOLDER COUNT REPEATS; reads images.u8, and draws.f64 with nine numbers an image; writes views.u8 and prints one JSON document.
"""

import json
import sys
import time

import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageEnhance, ImageOps


def move(image, matrix):
    return image.transform(image.size, Image.Transform.AFFINE, matrix)


# Name, smallest and largest value, operation: the list of FixMatch in the order of its draws.
OPERATIONS = [
    ("AutoContrast", 0, 1, lambda image, _: ImageOps.autocontrast(image)),
    ("Brightness", 0.05, 0.95, lambda image, v: ImageEnhance.Brightness(image).enhance(v)),
    ("Color", 0.05, 0.95, lambda image, v: ImageEnhance.Color(image).enhance(v)),
    ("Contrast", 0.05, 0.95, lambda image, v: ImageEnhance.Contrast(image).enhance(v)),
    ("Equalize", 0, 1, lambda image, _: ImageOps.equalize(image)),
    ("Identity", 0, 1, lambda image, _: image),
    ("Posterize", 4, 8, lambda image, v: ImageOps.posterize(image, max(1, int(v)))),
    ("Rotate", -30, 30, lambda image, v: image.rotate(v)),
    ("Sharpness", 0.05, 0.95, lambda image, v: ImageEnhance.Sharpness(image).enhance(v)),
    ("ShearX", -0.3, 0.3, lambda image, v: move(image, (1, v, 0, 0, 1, 0))),
    ("ShearY", -0.3, 0.3, lambda image, v: move(image, (1, 0, 0, v, 1, 0))),
    ("Solarize", 0, 256, lambda image, v: ImageOps.solarize(image, v)),
    ("TranslateX", -0.3, 0.3, lambda image, v: move(image, (1, 0, v * image.size[0], 0, 1, 0))),
    ("TranslateY", -0.3, 0.3, lambda image, v: move(image, (1, 0, 0, 0, 1, v * image.size[1]))),
]


def plan_of(draws):
    steps = []
    for i in range(3):
        name, low, high, operation = OPERATIONS[int(draws[2 * i] * len(OPERATIONS))]
        steps.append((operation, low + (high - low) * draws[2 * i + 1]))
    side = draws[6] * 0.5 * 32
    top, left = (int(max(0, u * 32 - side / 2)) for u in (draws[7], draws[8]))
    square = (left, top, min(31, int(left + side)), min(31, int(top + side))) if side > 0 else None
    return steps, square


def apply(data, steps, square):
    image = Image.fromarray(data)
    for operation, value in steps:
        image = operation(image, value)
    if square:
        image = image.copy()
        ImageDraw.Draw(image).rectangle(square, (125, 123, 114))
    return np.asarray(image)


folder, count, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
images = np.fromfile(f"{folder}/images.u8", dtype="uint8").reshape(count, 32, 32, 3)
plans = [plan_of(draws) for draws in np.fromfile(f"{folder}/draws.f64", dtype="float64").reshape(count, 9).tolist()]
times = []
for _ in range(repeats):
    start = (time.process_time(), time.perf_counter())
    views = [apply(image, *plan) for image, plan in zip(images, plans)]
    times.append((time.process_time() - start[0], time.perf_counter() - start[1]))
np.stack(views).tofile(f"{folder}/views.u8")
print(json.dumps({"times": times, "pillow": PIL.__version__, "python": sys.version.split()[0]}))
