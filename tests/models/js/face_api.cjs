// What face-api itself computes, on tfjs' plain JavaScript backend. Arguments: a folder with
// face-api.cjs, <uri>-weights_manifest.json and its weights, input.bin (uint8, size × size × 3) and
// request.json ({net, size, outputs, dlib}); writes <index>.bin (float32) per output. With `dlib`
// the network takes its weights from that file of dlib's instead.
const { readFileSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { join } = require("node:path");
const tf = require("@tensorflow/tfjs-core");
require("@tensorflow/tfjs-backend-cpu");
const { readDlib } = require("./dlib.cjs");

// face-api asks for the package that bundles all of tfjs; the core is all that it uses, together
// with the operations as methods of tensors, which only the bundle installs.
for (const [name, op] of Object.entries(tf)) {
  if (typeof op === "function" && !(name in tf.Tensor.prototype)) {
    tf.Tensor.prototype[name] = function (...rest) {
      return op(this, ...rest);
    };
  }
}
for (const rank of [1, 2, 3, 4]) {
  tf.Tensor.prototype[`as${rank}D`] = function (...shape) {
    return tf.reshape(this, shape);
  };
}
tf.Tensor.prototype.toFloat = function () {
  return tf.cast(this, "float32");
};
const bundles = { "@tensorflow/tfjs": tf, "@tensorflow/tfjs-backend-wasm": {} };
const load = Module._load;
Module._load = (name, ...rest) => bundles[name] ?? load(name, ...rest);

async function main(folder) {
  const request = JSON.parse(readFileSync(join(folder, "request.json"), "utf8"));
  const faceapi = require(join(folder, "face-api.cjs"));
  await tf.setBackend("cpu");
  const net = new faceapi[request.net]();
  if (request.dlib) {
    const manifest = join(folder, "face_recognition_model-weights_manifest.json");
    const names = JSON.parse(readFileSync(manifest, "utf8")).flatMap((group) => group.weights);
    net.loadFromWeightMap(readDlib(tf, readFileSync(join(folder, request.dlib)), names));
  } else {
    await net.loadFromDisk(folder);
  }
  const { size, outputs } = request;
  const image = tf.tensor3d(new Uint8Array(readFileSync(join(folder, "input.bin"))), [size, size, 3]);
  const result = await net.forwardInput(await faceapi.toNetInput(image));
  const tensors = result instanceof tf.Tensor ? [result] : outputs.map((name) => result[name]);
  tensors.forEach((tensor, index) =>
    writeFileSync(join(folder, `${index}.bin`), new Uint8Array(tensor.dataSync().slice().buffer)),
  );
}

main(process.argv[2]);
