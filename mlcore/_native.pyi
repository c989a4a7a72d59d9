"""The compiled module: mlj.h as cffi shows it. Pointers are cdata, numbers come back as int."""

from typing import Any

ffi: Any

class Library:
    MLJ_LINEAR: int
    MLJ_RELU: int
    MLJ_RELU6: int
    MLJ_SIGMOID: int
    MLJ_TANH: int
    MLJ_LEAKY_RELU: int
    MLJ_ELU: int
    MLJ_SOFTPLUS: int
    MLJ_SILU: int
    MLJ_GELU: int
    MLJ_SPAN: int
    MLJ_NO_RULE: int
    MLJ_SGD: int
    MLJ_RMSPROP: int
    MLJ_ADAGRAD: int
    MLJ_ADAM: int
    MLJ_ADAMW: int
    MLJ_GATHER: int
    MLJ_DENSE: int
    MLJ_DENSE_BACKWARD: int
    MLJ_ACTIVATE: int
    MLJ_ACTIVATE_BACKWARD: int
    MLJ_SOFTMAX_CROSS_ENTROPY: int
    MLJ_BINARY_CROSS_ENTROPY: int
    MLJ_SQUARED_ERROR: int
    MLJ_ABSOLUTE_ERROR: int
    MLJ_HUBER: int
    MLJ_KL_DIVERGENCE: int
    MLJ_CLIP: int
    MLJ_UPDATE: int
    MLJ_DROPOUT: int
    MLJ_DROPOUT_BACKWARD: int
    MLJ_BATCH_NORM: int
    MLJ_BATCH_NORM_BACKWARD: int
    MLJ_LAYER_NORM: int
    MLJ_LAYER_NORM_BACKWARD: int
    MLJ_OPCODES: int

    def mlj_ops_now(self, /) -> Any: ...
    def mlj_ops_for(self, name: Any, /) -> Any: ...
    def mlj_select(self, name: Any, /) -> int: ...
    def mlj_parallel_for(self, chunks: int, run: Any, context: Any, /) -> None: ...
    def mlj_threads(self, /) -> int: ...
    def mlj_set_threads(self, count: int, /) -> None: ...
    def mlj_parallel_matmul(
        self,
        m: int,
        n: int,
        k: int,
        a: Any,
        a_row: int,
        a_col: int,
        b: Any,
        b_row: int,
        b_col: int,
        c: Any,
        bias: Any,
        activation: int,
        /,
    ) -> None: ...
    def mlj_parallel_transpose(
        self, rows: int, cols: int, src: Any, src_row: int, dst: Any, dst_row: int, /
    ) -> None: ...
    def mlj_parallel_column_sum(
        self, rows: int, cols: int, x: Any, x_row: int, out: Any, accumulate: int, /
    ) -> None: ...
    def mlj_parallel_activate(self, kind: int, alpha: float, n: int, x: Any, y: Any, /) -> None: ...
    def mlj_parallel_activate_backward(self, kind: int, alpha: float, n: int, y: Any, dy: Any, dx: Any, /) -> None: ...
    def mlj_rule_sgd(self, rate: float, momentum: float, nesterov: int, /) -> Any: ...
    def mlj_rule_rmsprop(self, rate: float, rho: float, epsilon: float, /) -> Any: ...
    def mlj_rule_adagrad(self, rate: float, epsilon: float, /) -> Any: ...
    def mlj_rule_adam(
        self,
        rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
        correction1: float,
        correction2: float,
        /,
    ) -> Any: ...
    def mlj_penalise(self, rule: Any, decay: float, l1: float, /) -> None: ...
    def mlj_clip(self, longest: float, sum_of_squares: float, /) -> float: ...
    def mlj_parallel_sum_of_squares(self, n: int, x: Any, spans: Any, /) -> float: ...
    def mlj_parallel_update(self, rule: Any, n: int, w: Any, g: Any, moment1: Any, moment2: Any, /) -> None: ...
    def mlj_parallel_softmax(self, rows: int, n: int, z: Any, y: Any, /) -> None: ...
    def mlj_parallel_softmax_backward(self, rows: int, n: int, y: Any, dy: Any, dz: Any, /) -> None: ...
    def mlj_parallel_softmax_cross_entropy(
        self, rows: int, n: int, z: Any, labels: Any, soft: Any, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_kl_divergence(
        self, rows: int, n: int, z: Any, y: Any, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_binary_cross_entropy(
        self, n: int, z: Any, y: Any, penalty: float, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_squared_error(
        self, rows: int, n: int, z: Any, y: Any, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_absolute_error(
        self, rows: int, n: int, z: Any, y: Any, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_huber(
        self, rows: int, n: int, z: Any, y: Any, delta: float, w: Any, dz: Any, row_loss: Any, /
    ) -> float: ...
    def mlj_parallel_gather(
        self, count: int, features: int, rows: Any, x: Any, is_uint8: int, factor: float, out: Any, out_row: int, /
    ) -> None: ...
    def mlj_train(self, plan: Any, first: int, steps: int, rates: Any, losses: Any, progress: Any, /) -> int: ...
    def mlj_train_many(
        self, plans: Any, count: int, first: int, steps: int, rates: Any, losses: Any, made: Any, progress: Any, /
    ) -> int: ...
    def mlj_predict(self, plan: Any, x: Any, is_uint8: int, rows: int, out: Any, /) -> None: ...
    def mlj_run_call(self, plan: Any, number: int, rows: int, step: int, rate: float, /) -> None: ...

lib: Library
