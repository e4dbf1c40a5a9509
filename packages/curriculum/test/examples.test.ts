// Stands for the examples in the doc comments of src: test/examples-as-tests.ts at the root turns them into tests.
