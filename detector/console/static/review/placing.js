// Where a reference lies on a listing's picture, in shares of their widths and heights.

/** Maps points of a reference onto a picture, and back. */
export class Placing {
  /** Takes rows that map a reference's pixels onto a picture's, and the sizes of both. */
  constructor(homography, reference, picture) {
    const into = scaling(1 / picture.width, 1 / picture.height);
    this.matrix = product(into, product(homography, scaling(reference.width, reference.height)));
    this.inverse = inverted(this.matrix);
    this.shape = (picture.width / picture.height) / (reference.width / reference.height);
  }

  forward(point) {
    return applied(this.matrix, point);
  }

  backward(point) {
    return applied(this.inverse, point);
  }

  /** Say how much wider the picture shows what lies at a point, both as wide as each other. */
  enlargement(point) {
    const step = 1e-4, [x, y] = point;
    const at = this.forward(point), right = this.forward([x + step, y]), down = this.forward([x, y + step]);
    const area = (right[0] - at[0]) * (down[1] - at[1]) - (right[1] - at[1]) * (down[0] - at[0]);
    return Math.sqrt(Math.abs(area) / (step * step * this.shape));
  }
}

const scaling = (x, y) => [[x, 0, 0], [0, y, 0], [0, 0, 1]];

function product(a, b) {
  return a.map((row) => [0, 1, 2].map((n) => row[0] * b[0][n] + row[1] * b[1][n] + row[2] * b[2][n]));
}

/** Invert a matrix but for its scale, which a homography does not have. */
function inverted([[a, b, c], [d, e, f], [g, h, i]]) {
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
}

function applied(matrix, [x, y]) {
  const [u, v, w] = matrix.map((row) => row[0] * x + row[1] * y + row[2]);
  return [u / w, v / w];
}
