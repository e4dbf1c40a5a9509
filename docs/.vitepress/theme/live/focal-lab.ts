// What the live page loads when it is used: TensorFlow.js with its plain backend, and the loss. Registering is the application's to do, and the page is one.
import "@tensorflow/tfjs-backend-cpu";

export { focalAnswer } from "./focal-curves.js";
