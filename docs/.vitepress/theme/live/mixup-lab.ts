// What the live page loads when it is used: TensorFlow.js with its plain backend, MixUp, anchors, phantoms and readers of files.
import "@tensorflow/tfjs-backend-cpu";

export { drawnLambda, mixUpAnswer } from "./mixup-answer.js";
export { phantomScan, scanOfFiles } from "./scan.js";
