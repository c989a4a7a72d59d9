"""Where an experiment runs and how: devices, precisions, engines, chosen, refused and told; with GPUs of fiction."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from mlcore import backends, world
from mlcore.backends.pytorch import Torch, gauges
from mlcore.config import Config
from mlcore.controls import Controls
from mlcore.errors import BackendError, ConfigError
from mlcore.model import blueprint
from mlcore.runs import fit
from mlcore.training import train
from mlcore.worker import planning, protocol
from mlcore.worker.board import Board
from mlcore.worker.gauge import Gauge
from mlcore.world import World
from tests.mlcore.little_runs import config

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

H100 = "NVIDIA H100 80GB HBM3"


def choose(**settings):
    chosen = config(**{"backend": "auto"} | settings)
    return backends.choose(chosen, *blueprint(chosen, chosen.dataset.load()))


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Makes PyTorch find so many GPUs."""

    def there(count: int, version: str | None = "13.0") -> None:
        monkeypatch.setattr(torch.version, "cuda", version)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        card = SimpleNamespace(name=H100, total_memory=80 << 30)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: card)

    return there


def test_pytorch_takes_the_first_gpu_where_nobody_named_a_device_and_says_so(gpus) -> None:
    gpus(2)
    choice = choose(backend="torch")
    assert (choice.backend.name, choice.backend.device) == ("torch", "cuda:0")
    assert choice.why == f"torch was asked for; cuda:0 ({H100}) is there"
    assert choose(backend="torch", device="cpu").backend.device == "cpu"
    assert choose(backend="torch", device="cuda:1").why == "torch was asked for"
    assert choose(device="cuda").why == "cuda was asked for"


def test_each_of_several_processes_has_a_gpu_of_its_own_or_none_has(gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "_joined", World(0, 4, 0, 2))
    gpus(2)
    choice = choose()
    assert (choice.backend.name, choice.backend.device) == ("torch", "cuda")
    assert choice.why == "4 processes train one network, which torch alone can; each has a GPU"
    with pytest.raises(BackendError, match="cuda:1 was asked for, but each of 4 processes takes a GPU of its own"):
        choose(device="cuda:1")
    gpus(1)
    assert choose().backend.device == "cpu" and choose().why.endswith("2 processes would share one GPU")
    with pytest.raises(BackendError, match="2 processes would share one GPU, and each takes one of its own"):
        choose(device="cuda")


def test_a_process_that_trains_networks_of_its_own_does_so_on_its_gpu(gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MASTER_ADDR": "here", "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    for count, device in {2: "cuda:1", 1: "cuda:0"}.items():
        gpus(count)
        assert choose(backend="torch").backend.device == device


@pytest.mark.parametrize(("version", "words"), [(None, "was built without CUDA"), ("13.0", "finds no usable GPU here")])
def test_without_a_gpu_it_takes_the_cpu_and_says_why(version: str | None, words: str, gpus) -> None:
    gpus(0, version)
    choice = choose(backend="torch")
    assert choice.backend.device == "cpu"
    assert choice.why == f"torch was asked for; PyTorch {torch.__version__} {words}"
    with pytest.raises(BackendError, match=f"backend torch: cuda:0 was asked for, but PyTorch .* {words}"):
        choose(device="cuda:0")


@pytest.mark.parametrize(
    ("count", "there"), [(1, "there is one GPU, cuda:0"), (2, "there are 2 GPUs, cuda:0 the first")]
)
def test_a_gpu_beyond_those_that_are_there_is_refused(count: int, there: str, gpus) -> None:
    gpus(count)
    with pytest.raises(BackendError, match=f"cuda:7 was asked for, but {there}") as refused:
        choose(device="cuda:7")
    assert refused.value.exit_code == 9


def test_auto_never_loads_pytorch() -> None:
    code = """if True:
        import sys
        from mlcore import Config, train
        for settings in ({}, {"precision": "float64"}, {"precision": "bf16"}, {"engine": "graph"}):
            try:
                next(train(Config().with_settings(settings)))
            except Exception as error:
                print(error)
        print("torch" in sys.modules)
    """
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "precision bf16 was asked for, which only PyTorch has",
        "engine graph was asked for, which only PyTorch has",
        "False",
    ]


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize(
    "settings", [{"precision": "bf16"}, {"precision": "tf32"}, {"engine": "eager"}, {"engine": "compile"}]
)
def test_other_backends_refuse_in_a_sentence_what_only_pytorch_has(backend: str, settings: dict) -> None:
    ((name, value),) = settings.items()
    with pytest.raises(BackendError) as refused:
        choose(backend=backend, **settings)
    assert str(refused.value) == f"backend {backend}: {name} {value} was asked for, which only PyTorch has"
    assert refused.value.hint == 'backend = "torch" takes it'


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"precision": "tf32"}, "tf32 was asked for, which only GPUs have; bf16 and float32 work here"),
        ({"engine": "graph"}, "CUDA graphs need a GPU; eager and compile work here"),
    ],
)
def test_a_cpu_refuses_in_a_sentence_what_only_gpus_have(settings: dict, words: str) -> None:
    with pytest.raises(BackendError, match=words):
        choose(backend="torch", device="cpu", **settings)


def test_a_word_that_is_no_engine_or_precision_is_a_wrong_word() -> None:
    for settings in ({"engine": "fast"}, {"precision": "fp8"}):
        with pytest.raises(ConfigError, match="expected"):
            Config().with_settings(settings)


@pytest.mark.parametrize("precision", ["float32", "float64", "bf16"])
def test_a_run_tells_its_engine_precision_and_device_and_writes_them_down(precision: str, root) -> None:
    asked = config(backend="torch", device="cpu", engine="eager", precision=precision, epochs=2)
    started = next(train(asked))
    assert (started.device, started.device_name) == ("cpu", "")
    assert (started.engine, started.precision) == ("eager", precision)
    run = fit(asked, root)
    head = run.events[0]
    assert (head["engine"], head["precision"], head["device"]) == ("eager", precision, "cpu")
    assert run.config.engine == "eager" and run.config.precision == precision
    assert run.model().vector.dtype == run.config.weight_type


def test_a_run_without_pytorch_has_no_engine() -> None:
    started = next(train(config(backend="reference", precision="float64")))
    assert (started.engine, started.device_name, started.precision) == ("", "", "float64")


def test_what_a_backend_does_not_have_is_not_offered(gpus) -> None:
    assert planning.unable(choose(backend="reference").backend) == backends.ONLY_TORCH
    assert planning.unable(Torch("cpu")) == {"precision": ("tf32",), "engine": ("graph",)}
    gpus(1)
    assert planning.unable(Torch("cuda:0")) == {"precision": (), "engine": ()}


def test_a_compiler_that_is_not_here_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.exc import BackendCompilerFailed

    class NoCompiler(BackendCompilerFailed):
        def __init__(self) -> None:
            RuntimeError.__init__(self, "InvalidCxxCompiler: none\n\nSet TORCHDYNAMO_VERBOSE=1")

    def built(step: object, **how: object):
        def run(*given: object) -> None:
            raise NoCompiler

        return run

    monkeypatch.setattr(torch, "compile", built)
    with pytest.raises(BackendError) as refused:
        list(train(config(backend="torch", device="cpu", engine="compile")))
    said = "engine compile: PyTorch cannot build this step here: InvalidCxxCompiler: none"
    assert (str(refused.value), refused.value.hint) == (said, "engine eager needs no compiler")


# ---- gauges ----


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch):
    """A GPU of 80 GB of which 30 are free and one was ours; what is set to an exception fails."""

    def answers(**answers) -> None:
        given = {"mem_get_info": (30, 80), "max_memory_allocated": 1, "utilization": 42} | answers

        def asked(name: str):
            def ask(device: str):
                assert device == "cuda:1"
                if isinstance(given[name], Exception):
                    raise given[name]
                return given[name]

            return ask

        for name in given:
            monkeypatch.setattr(torch.cuda, name, asked(name))

    return answers


def test_gauges_tell_memory_and_how_busy_a_card_is(card) -> None:
    card()
    memory = {"memory_used": 50, "memory_total": 80, "memory_peak": 1}
    assert gauges.facts("cuda:1") == {**memory, "utilisation": 42}
    for error in (ModuleNotFoundError("pynvml"), RuntimeError("NVML_ERROR_NOT_SUPPORTED")):
        card(utilization=error)
        assert gauges.facts("cuda:1") == {**memory, "utilisation": None}


def test_gauges_never_raise(card) -> None:
    card(mem_get_info=RuntimeError("CUDA error"))
    assert gauges.facts("cuda:1") == {}
    assert gauges.facts("cpu") == {}


def test_gauges_of_a_gpu_that_is_not_here_are_nothing() -> None:
    if not torch.cuda.is_available():
        assert gauges.facts("cuda:0") == {}


def test_a_worker_asks_a_gpu_once_a_second_and_a_cpu_never(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    now = 100.0
    told = {"memory_used": 50, "memory_total": 80, "memory_peak": 1, "utilisation": None}

    def facts(device: str) -> dict:
        asked.append(device)
        return told if len(asked) < 3 else {}

    monkeypatch.setattr(gauges, "facts", facts)
    gauge, idle = Gauge("cuda:0", lambda: now), Gauge("cpu")
    for _ in range(5):
        gauge.look()
        idle.look()
        now += 0.3
    assert asked == ["cuda:0"] * 2 and idle.found is None
    assert gauge.found == protocol.Gauges(**told)
    now += 1
    gauge.look()
    assert gauge.found is None


def test_an_update_carries_the_gauges_while_a_run_goes_on() -> None:
    board = Board(1, Config(), Controls())
    board.gauge.found = protocol.Gauges(50, 80, utilisation=42)
    (sent,) = protocol.Inbox(protocol.MESSAGES).feed(protocol.packet([board.update()]))
    assert sent.gauges == board.gauge.found
    board.state = "finished"
    assert board.update().gauges is None


@pytest.mark.gpu
def test_gauges_of_a_gpu_that_is_here() -> None:
    kept = torch.zeros(1 << 20, device="cuda:0")
    found = gauges.facts("cuda:0")
    assert found["memory_total"] >= found["memory_used"] >= found["memory_peak"] >= kept.nbytes
    assert found["utilisation"] is None or 0 <= found["utilisation"] <= 100
