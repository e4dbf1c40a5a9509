"""What SimpleITK, nibabel, pydicom and pynrrd make of files, and how long SimpleITK takes; bench/compare.mjs runs this.

Usage:
    compare.py serve            answers one JSON request a line: {"path", "reader", "dump"} -> geometry, and the voxels in the file "dump"
    compare.py make FOLDER DATA makes the large files to time, from the slices of the real scan below DATA
    compare.py time WHAT PATH   {"wall", "cpu", "bytes", "memory"} of one reading, after a small one
"""

import glob
import json
import os
import resource
import sys
import time

import numpy as np


# ---------------------------------------------------------------- readers


def with_simpleitk(path):
    import SimpleITK as sitk

    sitk.ProcessObject_SetGlobalWarningDisplay(False)
    if os.path.isdir(path):
        series = sitk.ImageSeriesReader.GetGDCMSeriesIDs(path)
        if len(series) != 1:
            raise ValueError(f"{len(series)} series")
        image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(path, series[0]))
    else:
        image = sitk.ReadImage(path)
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise ValueError(f"{image.GetNumberOfComponentsPerPixel()} values per voxel")
    return sitk.GetArrayFromImage(image), image.GetSpacing(), image.GetOrigin(), np.array(image.GetDirection())


def of_affine(data, affine):
    """LPS geometry of an affine in LPS; `data` has x first."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    return np.asarray(data).transpose(2, 1, 0), spacing, affine[:3, 3], (affine[:3, :3] / spacing).ravel()


def with_nibabel(path):
    import nibabel

    image = nibabel.load(path)
    data = np.asarray(image.dataobj)
    while data.ndim > 3 and data.shape[-1] == 1:
        data = data[..., 0]
    if data.ndim != 3:
        raise ValueError(f"shape {data.shape}")
    return of_affine(data, np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine)


def with_pynrrd(path):
    import nrrd

    data, header = nrrd.read(path)
    if data.ndim > 3 and all(n == 1 for n in data.shape[3:]):
        data = data.reshape(data.shape[:3])
    if data.ndim != 3:
        raise ValueError(f"shape {data.shape}")
    affine = np.eye(4)
    directions = np.asarray(header.get("space directions", np.diag(header.get("spacings", [1, 1, 1]))), float)
    affine[:3, :3] = directions[~np.isnan(directions).any(axis=1)][:3].T
    affine[:3, 3] = header.get("space origin", [0, 0, 0])
    signs = {"right-anterior-superior": (-1, -1, 1), "left-anterior-superior": (1, -1, 1)}.get(header.get("space"), (1, 1, 1))
    return of_affine(data, np.diag((*signs, 1.0)) @ affine)


def with_pydicom(path):
    import pydicom

    files = sorted(glob.glob(os.path.join(path, "*"))) if os.path.isdir(path) else [path]
    slices = []
    for file in files:
        try:
            one = pydicom.dcmread(file)
        except pydicom.errors.InvalidDicomError:
            continue
        slices.append(one)
    normal = np.cross(slices[0].ImageOrientationPatient[:3], slices[0].ImageOrientationPatient[3:])
    slices.sort(key=lambda one: float(np.dot(normal, one.ImagePositionPatient)))
    data = np.stack([one.pixel_array * float(one.get("RescaleSlope", 1)) + float(one.get("RescaleIntercept", 0)) for one in slices])
    origin = np.array(slices[0].ImagePositionPatient, float)
    row, column = np.array(slices[0].ImageOrientationPatient, float).reshape(2, 3)
    along = normal
    step = float(slices[0].get("SpacingBetweenSlices", slices[0].get("SliceThickness", 1)) or 1)
    if len(slices) > 1:
        whole = np.array(slices[-1].ImagePositionPatient, float) - origin
        step = np.linalg.norm(whole) / (len(slices) - 1)
        along = whole / np.linalg.norm(whole)
    between_rows, between_columns = (float(value) for value in slices[0].PixelSpacing)
    return data, (between_columns, between_rows, step), origin, np.stack([row, column, along], axis=1).ravel()


READERS = {"SimpleITK": with_simpleitk, "nibabel": with_nibabel, "pynrrd": with_pynrrd, "pydicom": with_pydicom}


def serve():
    # What libraries print goes to standard error; only answers go to standard output.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            data, spacing, origin, direction = READERS[request["reader"]](request["path"])
            while data.ndim > 3 and data.shape[0] == 1:
                data = data[0]
            if data.ndim == 2:
                data = data[None]
            np.ascontiguousarray(data, dtype="<f8").tofile(request["dump"])
            answer = {
                "shape": data.shape,
                "spacing": [float(v) for v in spacing],
                "origin": [float(v) for v in origin],
                "direction": [float(v) for v in direction],
            }
        except BaseException as error:
            answer = {"error": (str(error).strip() or type(error).__name__).splitlines()[-1][:200]}
        print(json.dumps(answer), file=out, flush=True)


# ---------------------------------------------------------------- timings


def tiled(data):
    """512 x 512 x 275 voxels with a real scan's noise: its slices side by side and one above the other."""
    import SimpleITK as sitk

    scan = sitk.ReadImage(glob.glob(os.path.join(data, "lidc_idri_0314", "*.lungcrop.mhd"))[0])
    voxels = sitk.GetArrayFromImage(scan)
    depth, height, width = voxels.shape
    image = sitk.GetImageFromArray(voxels[np.ix_(np.arange(275) % depth, np.arange(512) % height, np.arange(512) % width)])
    image.SetSpacing((0.7, 0.7, 1.25))
    return image


def make(folder, data):
    import pydicom
    import SimpleITK as sitk

    image = tiled(data)
    sitk.WriteImage(image, os.path.join(folder, "large.mhd"), True)
    sitk.WriteImage(image, os.path.join(folder, "large.nii.gz"), True)
    one = pydicom.dcmread(sorted(glob.glob(os.path.join(data, "lidc_idri_0314", "dicom_nodule_slices", "*.dcm")))[0])
    one.decompress() if one.file_meta.TransferSyntaxUID.is_compressed else None
    os.mkdir(os.path.join(folder, "series"))
    one.PixelSpacing = [0.7, 0.7]
    one.SliceThickness = 1.25
    stored = sitk.GetArrayFromImage(image) - int(one.RescaleIntercept)
    assert one.RescaleSlope == 1 and stored.min() >= 0 or one.PixelRepresentation == 1
    uid = one.SOPInstanceUID
    for number in range(275):
        one.InstanceNumber = number + 1
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{uid[:50]}.{number + 1}"
        one.ImagePositionPatient = [0, 0, 1.25 * number]
        one.SliceLocation = 1.25 * number
        one.PixelData = stored[number].astype("<i2" if one.PixelRepresentation else "<u2").tobytes()
        one.save_as(os.path.join(folder, "series", f"{number:03}.dcm"))


def measure(what, path):
    """One reading or resampling, after a small one that loads what has to be loaded."""
    import SimpleITK as sitk

    if what == "resample":
        image = sitk.ReadImage(path)
        size = [round(n * s) for n, s in zip(image.GetSize(), image.GetSpacing())]
        first = [(n * s - m) / 2 - s / 2 + 0.5 for n, s, m in zip(image.GetSize(), image.GetSpacing(), size)]
        work = lambda: sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear, first, (1, 1, 1), image.GetDirection(), 0.0, sitk.sitkFloat32)  # noqa: E731
        runs = 3
    else:
        read = lambda where: sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(where) if os.path.isdir(where) else where)  # noqa: E731
        small = sitk.Image(8, 8, 8, sitk.sitkInt16)
        sitk.WriteImage(small, f"{path}.small.nii.gz")
        read(f"{path}.small.nii.gz")
        os.remove(f"{path}.small.nii.gz")
        work = lambda: read(path)  # noqa: E731
        runs = 1
    before = current_memory()
    best = None
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        best = took if best is None or took["wall"] < best["wall"] else best
    size = result.GetNumberOfPixels() * result.GetSizeOfPixelComponent()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**best, "bytes": size, "memory": peak - before}))


def current_memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    {"serve": serve, "make": make, "time": measure}[sys.argv[1]](*sys.argv[2:])
