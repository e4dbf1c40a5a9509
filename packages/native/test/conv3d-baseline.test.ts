import { describeConv3d } from "./support/conv3d-suite.js";

process.env["GLEANER_INSTRUCTIONS"] = "baseline";
describeConv3d("the instructions that every processor has");
