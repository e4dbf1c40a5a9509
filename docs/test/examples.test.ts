// Stands for the `ts` fences of the pages written by hand: test/examples-as-tests.ts at the root turns them into tests.
