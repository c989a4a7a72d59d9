"""Recurrent layers in NumPy and in C: the functions that generated files have, and the calls of them."""

from __future__ import annotations

from collections.abc import Iterator

from mlcore.exporters.numpy_functions import SIGMOID
from mlcore.exporters.stages import Stage
from mlcore.layers.layer import Array
from mlcore.layers.recurrent import Recurrent
from mlcore.spec import kind_of

NUMPY = '''
def {kind}(x, w, u, b{more}, last=False, back=False):
    """The state after every step of x [rows, steps, numbers], or after the last one; `back` begins at the end."""
    order = slice(None, None, -1 if back else 1)
    h, states = np.zeros((len(x), len(u)), x.dtype), []{start}
    for step in range(x.shape[1])[order]:
{cell}
        states.append(h)
    return h if last else np.stack(states[order], axis=1)
'''
NUMPY_CELLS = {
    "rnn": "h = np.tanh(x[:, step] @ w + b + h @ u)",
    "gru": """a, q = np.split(x[:, step] @ w + b, 3, axis=1), np.split(h @ u, 3, axis=1)
r, z = sigmoid(a[0] + q[0]), sigmoid(a[1] + q[1])
n = np.tanh(a[2] + r * (q[2] + c))
h = (1 - z) * n + z * h""",
    "lstm": """i, f, g, o = np.split(x[:, step] @ w + b + h @ u, 4, axis=1)
memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
h = sigmoid(o) * np.tanh(memory)""",
}
C = """
/* Sum of x[i] w[i][column], added to start. */
static MODEL_SUM weighed(const float *x, int n, const float *w, int columns, int column, MODEL_SUM start) {
    for (int i = 0; i < n; i++)
        start += (MODEL_SUM)w[i * columns + column] * x[i];
    return start;
}
"""
C_GATE = """
static float {kind}_gate(MODEL_SUM a) { return (float)(1 / (1 + exp(-(double)a))); }
"""
C_CELL = """
/* The state h after each of the steps of x, in rows of y `width` apart, or only the last; `back` begins at the end. */
static void {kind}(const float *x, float *y, const float *w, const float *u, const float *b{more}, int steps,
                int inputs, int units, int width, int last, int back) {
    float h[MODEL_WIDEST] = {0}, next[MODEL_WIDEST]{start};
    for (int step = 0; step < steps; step++) {
        int t = back ? steps - 1 - step : step, all = {gates} * units;
        const float *now = x + t * inputs;
        for (int j = 0; j < units; j++) {
{cell}
        }
        for (int j = 0; j < units; j++)
            y[(last ? 0 : t * width) + j] = h[j] = next[j];
    }
}
"""
C_CELLS = {
    "rnn": "next[j] = tanhf((float)weighed(h, units, u, all, j, weighed(now, inputs, w, all, j, b[j])));",
    "gru": """float r = {kind}_gate(weighed(h, units, u, all, j, weighed(now, inputs, w, all, j, b[j])));
int k = units + j, l = 2 * units + j;
float z = {kind}_gate(weighed(h, units, u, all, k, weighed(now, inputs, w, all, k, b[k])));
MODEL_SUM inside = weighed(h, units, u, all, l, c[j]);
float n = tanhf((float)(weighed(now, inputs, w, all, l, b[l]) + r * inside));
next[j] = (1 - z) * n + z * h[j];""",
    "lstm": """MODEL_SUM a[4];
for (int k = 0, l = j; k < 4; k++, l += units)
    a[k] = weighed(h, units, u, all, l, weighed(now, inputs, w, all, l, b[l]));
memory[j] = {kind}_gate(a[1]) * memory[j] + {kind}_gate(a[0]) * tanhf((float)a[2]);
next[j] = {kind}_gate(a[3]) * tanhf(memory[j]);""",
}


def in_numpy(stage: Stage) -> tuple[str, dict[str, Array], str, str, str]:
    """A Piece of `numpy_code.py`: one call for each direction."""
    layer, kind = _of(stage)
    cell = "\n".join(f"        {line}" for line in NUMPY_CELLS[kind].split("\n"))
    text = NUMPY.replace("{kind}", kind).replace("{cell}", cell).replace("{more}", ", c" * (kind == "gru"))
    start = "\n    memory = np.zeros_like(h)" if kind == "lstm" else ""
    text = text.replace("{start}", start)
    calls, arrays = [], dict[str, Array]()
    for way, own in _ways(stage):
        settings = ", last=True" * layer.last + ", back=True" * bool(way)
        calls.append(f"{kind}(x, {', '.join(own)}{settings})")
        arrays |= own
    line = calls[0] if len(calls) == 1 else f"np.concatenate([{', '.join(calls)}], axis=-1)"
    return line, arrays, text, "x", SIGMOID if kind != "rnn" else ""


def in_c(stage: Stage) -> tuple[str, str, dict[str, Array], str]:
    """A Piece of `c_code.py`: one call for each direction."""
    layer, kind = _of(stage)
    cell = "\n".join(f"            {line}" for line in C_CELLS[kind].split("\n"))
    text = (C_GATE * (kind != "rnn") + C_CELL).replace("{cell}", cell).replace("{kind}", kind)
    text = text.replace("{gates}", str(layer.gates))
    text = text.replace("{more}", ", const float *c" * (kind == "gru"))
    text = text.replace("{start}", ", memory[MODEL_WIDEST] = {0}" * (kind == "lstm"))
    calls, arrays = [], dict[str, Array]()
    steps, inputs = stage.inputs
    for place, (way, own) in enumerate(_ways(stage)):
        shape = f"{steps}, {inputs}, {layer.units}, {stage.outputs[-1]}, {int(layer.last)}, {int(bool(way))}"
        calls.append(f"{kind}({{x}}, {{y}} + {place * layer.units}, {', '.join(own)}, {shape});")
        arrays |= own
    return "\n    ".join(calls), text, arrays, C


def _of(stage: Stage) -> tuple[Recurrent, str]:
    assert isinstance(stage.layer, Recurrent)
    return stage.layer, kind_of(stage.layer)


def _ways(stage: Stage) -> Iterator[tuple[str, dict[str, Array]]]:
    """The parameters of each direction, by names of the file, in the order in which functions take them."""
    layer, _ = _of(stage)
    for way in layer.ways:
        names = [name for name in ("w", "u", "b", "c") if name + way in stage.p]
        own = {f"{'W' if name == 'w' else name}{stage.nth}{way}": stage.p[name + way] for name in names}
        yield way, {name: array.ravel() if name.startswith("b") else array for name, array in own.items()}
