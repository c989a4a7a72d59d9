"""The two ends of a C file: what it says at its top and the program at its end, which reads rows of numbers."""

from __future__ import annotations

import math
import textwrap

from mlcore.exporters.c_text import words
from mlcore.exporters.cells import input_names, takes_cells
from mlcore.exporters.stages import class_names, growths, scaling
from mlcore.model import Model

WIDEST = 116  # letters of a line of the comment
CELLS = """ * In x a number that is missing is NAN, a date is days since 1970-01-01 in UTC.
 *
"""
ROW = r"""
/* 1: a row was read; 0: there are no more; -1: something is no number, or a row is too short. */
static int read_row(float *x) {
    for (int i = 0; i < MODEL_INPUTS; i++) {
        int separator, found = scanf("%f", &x[i]);
        if (found != 1)
            return found == EOF && i == 0 ? 0 : -1;
        separator = getchar();
        if (separator != ',' && separator != ';')
            ungetc(separator, stdin);
    }
    return 1;
}
"""
ROW_OF_CELLS = r"""
/* The character behind some spaces, which stays there. */
static int ahead(void) {
    int c = getchar();
    while (c == ' ' || c == '\t' || c == '\r')
        c = getchar();
    return ungetc(c, stdin);
}

/* 1: a row was read; 0: there are no more; -1: a cell is no number, or the row is of another length. An empty cell, or
   one that says nan, is missing. */
static int read_row(float *x) {
    while (ahead() == '\n')
        getchar();
    if (ahead() == EOF)
        return 0;
    for (int i = 0; i < MODEL_INPUTS; i++) {
        int c = ahead(), separated = 0;
        if (c == ',' || c == ';' || c == '\n' || c == EOF)
            x[i] = NAN;
        else if (scanf("%f", &x[i]) != 1)
            return -1;
        c = ahead();
        if (i < MODEL_INPUTS - 1 && (c == ',' || c == ';'))
            separated = getchar();
        if (!separated && (c == '\n' || c == EOF) != (i == MODEL_INPUTS - 1))
            return -1;
    }
    return 1;
}
"""
MAIN = r"""
#ifdef MODEL_MAIN
#include <stdio.h>
{ROW}
int main(void) {
    float x[MODEL_INPUTS], out[MODEL_OUTPUTS];
    int found;
    while ((found = read_row(x)) == 1) {
        predict(x, out);
        for (int i = 0; i < MODEL_OUTPUTS; i++)
            printf(i ? " %.9g" : "%.9g", out[i]);
{NAME}        putchar('\n');
    }
    if (found < 0) {
        fprintf(stderr, "expected rows of %d numbers", MODEL_INPUTS);
{INPUTS}        fputc('\n', stderr);
    }
    return found < 0;
}
#endif
"""
INPUTS = """        for (int i = 0; i < MODEL_INPUTS; i++)
            fprintf(stderr, i ? ", %s" : ": %s", input_names[i]);
"""
NAME = """        int best = 0;
        for (int i = 1; i < MODEL_OUTPUTS; i++)
            best = out[i] > out[best] ? i : best;
        printf(" %s", class_names[best]);
"""


def opening(model: Model) -> str:
    """What the file is, how it is used, its sizes and the names it has; in the comment nothing comes from outside."""
    names, columns = class_names(model), bool(model.preparation.columns)
    inputs, features = len(input_names(model)), len(scaling(model)[0])
    outputs = len(names) or model.network.output_shape[0]
    widest = max(math.prod(shape) for shape in model.network.shapes)
    out = f"the probability of each class out[{outputs}]" if names else f"out[{outputs}]"
    extern = f" *   extern const char *const class_names[{outputs}];\n" if names else ""
    extern += f" *   extern const char *const input_names[{inputs}];\n" if columns else ""
    sizes = f"MODEL_INPUTS = {inputs}, MODEL_OUTPUTS = {outputs}, MODEL_WIDEST = {widest}"
    sizes += f", MODEL_FEATURES = {features}" if takes_cells(model) else ""
    text = (
        f"/* A trained network, {model.network.summary()}: written by mlj export --to c.\n *\n"
        f" * In a program: compile this file with it and declare\n *\n"
        f" *   void predict(const float *x, float *out);   raw inputs x[{inputs}] to {out}\n{extern} *\n"
        f"{CELLS if takes_cells(model) else ''}{_lines(growths(model))}"
        " * By itself: cc -O2 -std=c99 -DMODEL_MAIN FILE -o model -lm; it answers rows of numbers on stdin.\n *\n"
        " * Sums are kept in double, so that their order cannot be seen; -DMODEL_SUM=float where double is slow.\n */\n"
        "#include <math.h>\n\n#ifndef MODEL_SUM\n#define MODEL_SUM double\n#endif\n\n"
        f"enum {{ {sizes} }};\n\n"
        "void predict(const float *x, float *out);\n"
    )
    text += words("class_names", "MODEL_OUTPUTS", names)
    return text + (words("input_names", "MODEL_INPUTS", input_names(model)) if columns else "")


def _lines(text: str) -> str:
    """A text as lines of the comment, with an empty one behind it."""
    return "".join(f" * {line}\n" for line in textwrap.wrap(text, WIDEST)) + " *\n" if text else ""


def program(model: Model) -> str:
    """The end of a file."""
    text = MAIN.replace("{NAME}", NAME if class_names(model) else "")
    text = text.replace("{INPUTS}", INPUTS if model.preparation.columns else "")
    return text.replace("{ROW}", ROW_OF_CELLS if takes_cells(model) else ROW)
