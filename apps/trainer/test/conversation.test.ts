import { expect, test } from "vitest";
import { createConversation, openConversation } from "../src/classification/conversation.js";

test("messages come in the order in which they were said, in both directions", () => {
  const [a, b] = createConversation();
  const [here, there] = [openConversation<number[], string>(a), openConversation<string, number[]>(b)];
  here.say([1, 2]);
  here.say([3]);
  there.say("four");
  expect([there.hear(), there.hear(), here.hear()]).toEqual([[1, 2], [3], "four"]);
});

test("what the other side fails with is thrown after what it had said before", () => {
  const [a, b] = createConversation();
  const [here, there] = [openConversation<number, string>(a), openConversation<string, number>(b)];
  there.say("first");
  there.fail("no memory is left");
  expect(here.hear()).toBe("first");
  expect(() => here.hear()).toThrow(new Error("no memory is left"));
});

test("a side that says nothing is given up", () => {
  const [a] = createConversation();
  expect(() => openConversation(a, 50).hear()).toThrow(new Error("it has said nothing for 0.05 seconds"));
});
