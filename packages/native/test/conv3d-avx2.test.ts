import { describeConv3d } from "./support/conv3d-suite.js";

process.env["GLEANER_INSTRUCTIONS"] = "avx2";
describeConv3d("AVX2");
