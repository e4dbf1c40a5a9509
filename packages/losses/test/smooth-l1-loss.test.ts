import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { smoothL1Loss } from "../src/index.js";
import fixture from "./fixtures/box_losses.json" with { type: "json" };
import { expectClose, onEachBackend, valueAndGradient } from "./helpers.js";

onEachBackend(() => {
  it("agrees with torch, value and gradient", () => {
    const { beta, x, loss, grad } = fixture.smooth_l1;
    tf.tidy(() => {
      const { value, gradient } = valueAndGradient((p) => smoothL1Loss(tf.zerosLike(p), p, { beta }), tf.tensor1d(x));
      expectClose(value, loss, 1e-7, 1e-6);
      expectClose(gradient, grad, 1e-6);
    });
  });

  it("is both branches of the formula", () => {
    const real = fc.double({ min: -50, max: 50, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(real, real, fc.double({ min: 0.01, max: 10, noNaN: true }), (target, prediction, beta) => {
        const d = prediction - target;
        const expected = Math.abs(d) < beta ? d ** 2 / (2 * beta) : Math.abs(d) - beta / 2;
        tf.tidy(() => {
          const y = tf.tensor1d([target]);
          const { value, gradient } = valueAndGradient((p) => smoothL1Loss(y, p, { beta }), tf.tensor1d([prediction]));
          expectClose(value, [expected], 1e-5, 1e-5);
          expectClose(gradient, [Math.max(-1, Math.min(1, d / beta))], 1e-4);
        });
      }),
    );
  });

  it("names what is wrong with its arguments", () => {
    tf.tidy(() => {
      const one = tf.ones([1]);
      expect(() => smoothL1Loss(one, one, { beta: 0 })).toThrow(new RangeError("beta is 0; expected a finite number above 0"));
      expect(() => smoothL1Loss(tf.ones([1, 1]), one)).toThrow(/targets is \[1,1\]/);
    });
  });
});
