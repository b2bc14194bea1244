// What tfjs itself computes with a graph model. Arguments: a folder with model.json, model.bin,
// input.bin (float32, NHWC) and request.json ({shape, outputs}); writes <index>.bin per output.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadGraphModel } from "@tensorflow/tfjs-converter";

const folder = process.argv[2];
const bytes = (name) => new Uint8Array(readFileSync(join(folder, name))).buffer;
const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));

const { shape, outputs } = json("request.json");
const { modelTopology, weightsManifest, signature, userDefinedMetadata } = json("model.json");
const weightSpecs = weightsManifest.flatMap((group) => group.weights);
const model = await loadGraphModel(
  tf.io.fromMemory({
    modelTopology,
    weightSpecs,
    weightData: bytes("model.bin"),
    signature,
    userDefinedMetadata,
  }),
);
const image = tf.tensor(new Float32Array(bytes("input.bin")), shape, model.inputs[0].dtype);
const results = [model.execute(image, outputs)].flat();
results.forEach((result, index) =>
  writeFileSync(join(folder, `${index}.bin`), new Uint8Array(result.dataSync().slice().buffer)),
);
