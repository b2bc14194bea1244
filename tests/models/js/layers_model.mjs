// What tfjs itself computes with a layers model that was published as CommonJS bundles. Arguments: a
// folder with model.cjs, weights<index>.cjs (base64), input.bin (float32, NHWC) and request.json
// ({shape, weights, outputs}, the last by layer); writes <index>.bin per output.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { loadLayersModel, model as network } from "@tensorflow/tfjs-layers";

const folder = resolve(process.argv[2]);
const exported = (name) => createRequire(import.meta.url)(join(folder, name));
const { shape, weights, outputs } = JSON.parse(readFileSync(join(folder, "request.json"), "utf8"));

const { modelTopology, weightsManifest } = exported("model.cjs");
const shards = weights.map((name) => Buffer.from(exported(name), "base64"));
const whole = await loadLayersModel(
  tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  }),
);
const layers = outputs.map((name) => whole.getLayer(name).output);
const pixels = new Uint8Array(readFileSync(join(folder, "input.bin"))).buffer;
const image = tf.tensor(new Float32Array(pixels), shape);
const results = [network({ inputs: whole.inputs, outputs: layers }).predict(image)].flat();
results.forEach((result, index) =>
  writeFileSync(join(folder, `${index}.bin`), new Uint8Array(result.dataSync().slice().buffer)),
);
