import { describe, expect, test } from "vitest";
import { choosePlatform } from "../src/platform.js";
import { placeNvidia, placeTensorflow, requirementsOfExtra } from "../src/wheel-contents.js";

describe("what is taken from a wheel", () => {
  test.each([
    ["linux", "libtensorflow_cc.so.2"],
    ["darwin", "libtensorflow_cc.2.dylib"],
  ])("libraries, C headers and licences on %s", (os, library) => {
    const place = placeTensorflow(choosePlatform({ os, arch: "arm64", glibc: "2.36" }, "2.21.0", false));
    expect(place(`tensorflow/${library}`)).toBe(`lib/${library}`);
    expect(place("tensorflow/include/tensorflow/c/c_api.h")).toBe("include/tensorflow/c/c_api.h");
    expect(place("tensorflow/include/tsl/platform/ctstring.h")).toBe("include/tsl/platform/ctstring.h");
    expect(place("tensorflow/include/xla/tsl/c/tsl_status.h")).toBe("include/xla/tsl/c/tsl_status.h");
    expect(place("tensorflow/include/LICENSE")).toBe("LICENSE");
    expect(place("tensorflow/THIRD_PARTY_NOTICES.txt")).toBe("THIRD_PARTY_NOTICES.txt");
    expect(place("tensorflow/python/ops/math_ops.py")).toBeUndefined();
    expect(place("tensorflow/include/Eigen/Core")).toBeUndefined();
    expect(place("tensorflow/include/tensorflow/cc/ops/const_op.h")).toBeUndefined();
  });

  test("libraries of nvidia's wheels stay where TensorFlow looks for them", () => {
    expect(placeNvidia("nvidia/cublas/lib/libcublas.so.12")).toBe("nvidia/cublas/lib/libcublas.so.12");
    expect(placeNvidia("nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc")).toBe("nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc");
    expect(placeNvidia("nvidia/cublas/include/cublas.h")).toBeUndefined();
  });

  test("the requirements of an extra, as metadata of both ages writes them", () => {
    const metadata = [
      "Name: tensorflow",
      "Requires-Dist: numpy>=1.26.0",
      "Requires-Dist: nvidia-cublas-cu12 (==12.5.3.2) ; extra == 'and-cuda'",
      'Requires-Dist: nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"',
      'Requires-Dist: tensorflow-text; extra == "text"',
      "Requires-Dist: six",
      "Provides-Extra: and-cuda",
      "Requires-Dist: nvidia-nvjitlink-cu12<13.0,>=12.5.82; extra == 'and-cuda'",
      "Requires-Dist: nvidia-nccl-cu12 (<3.0,>=2.25.1) ; extra == 'and-cuda'",
    ].join("\n");
    expect(requirementsOfExtra(metadata, "and-cuda")).toEqual([
      "nvidia-cublas-cu12==12.5.3.2",
      "nvidia-cudnn-cu12<10.0,>=9.3.0.75",
      "nvidia-nvjitlink-cu12<13.0,>=12.5.82",
      "nvidia-nccl-cu12<3.0,>=2.25.1",
    ]);
  });
});
