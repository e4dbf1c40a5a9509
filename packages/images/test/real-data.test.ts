import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeImages, splitLabels } from "../src/index.js";
import { describeImageSet, readDigits, readIdx, readMedMnist, readMnist } from "../src/node.js";

const data = process.env["GLEANER_DATA"] ?? "";

const expectedPneumonia = [
  ["train", [388, 3494], 447_494_718],
  ["val", [135, 389], 59_624_090],
  ["test", [234, 390], 70_355_184],
] as const;

// The numbers were counted by a few lines of Python on the same files.
describe.runIf(data)(`real sets${data ? "" : " (left out: GLEANER_DATA is not set)"}`, () => {
  test("MNIST's 10,000 test images", () => {
    const set = readMnist(join(data, "mnist"), { split: "test" });
    expect(set.images.reduce((sum, value) => sum + value, 0)).toBe(264_923_200);
    const described = describeImages(set);
    expect(described).toMatchObject({ images: 10_000, height: 28, width: 28, channels: 1, classes: 10 });
    expect(described.perClass).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...set.labels.subarray(0, 8)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9]);
    const split = splitLabels(set.labels, { classes: 10, labeled: 40, validation: 1000, random: () => 0.5 });
    expect([split.labeled.length, split.unlabeled.length, split.validation.length]).toEqual([40, 9000, 1000]);
  });

  test("the labels of MNIST's 60,000 training images", () => {
    const { shape, data: labels } = readIdx(join(data, "mnist", "train-labels-idx1-ubyte.gz"));
    expect(shape).toEqual([60_000]);
    const counts = Array(10).fill(0);
    for (const label of labels) counts[label]++;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(() => readMnist(join(data, "mnist"))).toThrow(/no file train-images-idx3-ubyte/);
  });

  test("UCI's digits", () => {
    const set = readDigits(join(data, "digits", "digits.csv.gz"));
    expect(describeImages(set)).toMatchObject({
      images: 1797,
      height: 8,
      width: 8,
      channels: 1,
      classes: 10,
      perClass: [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    });
    expect(set.images.reduce((sum, value) => sum + Math.round((value * 16) / 255), 0)).toBe(561_718);
    expect([...set.images.subarray(0, 8)]).toEqual([0, 0, 80, 207, 143, 16, 0, 0]);
  });

  test("PneumoniaMNIST", () => {
    const path = join(data, "medmnist_pneumonia", "pneumoniamnist.npz");
    for (const [split, perClass, sum] of expectedPneumonia) {
      const set = readMedMnist(path, { split });
      expect(describeImages(set)).toMatchObject({ images: perClass[0] + perClass[1], height: 28, width: 28, channels: 1, perClass });
      expect(set.images.reduce((total, value) => total + value, 0)).toBe(sum);
    }
  });

  test("each is recognized", async () => {
    expect(await describeImageSet(join(data, "mnist"))).toMatchObject({ format: "mnist", split: "test", splits: ["test"], images: 10_000 });
    expect(await describeImageSet(join(data, "digits"))).toMatchObject({ format: "digits", images: 1797 });
    const medical = await describeImageSet(join(data, "medmnist_pneumonia"), { split: "val" });
    expect(medical).toMatchObject({ format: "medmnist", split: "val", images: 524, classes: 2 });
  });
});
