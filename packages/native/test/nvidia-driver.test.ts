import { expect, test } from "vitest";
import { driverFault, gpuFault, hasNvidiaDriver } from "../src/nvidia-driver.js";

const linux = { os: "linux", arch: "x64", glibc: "2.36" };

test("a machine without the driver is told so, whatever TensorFlow says", () => {
  expect(driverFault({ ...linux, nvidiaDriver: false })).toMatch(/^There is no NVIDIA driver here/);
  expect(gpuFault({ ...linux, nvidiaDriver: false })).toBe(driverFault({ ...linux, nvidiaDriver: false }));
});

test("with a driver, or where none is known of, only a GPU that was not found is a fault", () => {
  expect([driverFault({ ...linux, nvidiaDriver: true }), driverFault(linux)]).toEqual([undefined, undefined]);
  expect(gpuFault({ ...linux, nvidiaDriver: true })).toMatch(/^TensorFlow with CUDA found no GPU that it can use/);
});

test("only Linux is asked", () => {
  expect(hasNvidiaDriver("darwin")).toBeUndefined();
  expect(typeof hasNvidiaDriver("linux")).toBe("boolean");
});
