// Reads dlib's face recognition network into the weights that face-api's network takes, without
// anything of the Python reader: the layers of both come in the same order.

function readDlib(tf, file, specs) {
  const weights = {};
  const shapes = [...specs];
  let at = 0;
  const integer = () => {
    const length = file[at];
    const value = file.readUIntLE(at + 1, length);
    at += 1 + length;
    return value;
  };
  const floats = () => {
    const [version, ...sizes] = [integer(), integer(), integer(), integer(), integer()];
    if (version !== 2) throw new Error(`tensor of version ${version}`);
    const bytes = 4 * sizes.reduce((product, size) => product * size, 1);
    at += bytes;
    return new Float32Array(new Uint8Array(file.subarray(at - bytes, at)).buffer);
  };
  const take = (values, layout) => {
    const { name, shape } = shapes.shift();
    weights[name] = layout ? layout(values, shape) : tf.tensor(values, shape);
  };
  const filters = (values, [height, width, depth, count]) =>
    tf.transpose(tf.tensor(values, [count, depth, height, width]), [2, 3, 1, 0]);

  while (shapes.length > 1) {
    at = file.indexOf("\x05con_4", at, "latin1") + 6;
    const convolution = floats();
    const { shape } = shapes[0];
    const count = shape.reduce((product, size) => product * size, 1);
    take(convolution.slice(0, count), filters);
    take(convolution.slice(count));
    at = file.indexOf("\x07affine_", at, "latin1") + 8;
    const affine = floats();
    take(affine.slice(0, affine.length / 2));
    take(affine.slice(affine.length / 2));
  }
  at = file.indexOf("\x04fc_2", at, "latin1") + 5;
  integer(); // outputs
  integer(); // inputs
  take(floats());
  return weights;
}

module.exports = { readDlib };
