"""The house rules that a reader cannot be trusted to check: who imports what, what stays light, what is never written.

The static half is import-linter's (contracts in pyproject.toml); fresh interpreters prove what a static graph cannot.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import mlcore
from mlcore.catalogue import Catalogue, Entry
from tools import size

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("numpy", "torch", "scipy", "sklearn", "pandas", "textual", "plotext")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
PLAIN = ("mlcore", "tui", "tools", "benchmarks", "kernels")  # the folders of code that people run

# Past the limits on purpose: the file, and why splitting it would hide the idea.
LONG: dict[str, str] = {}


def sources(*folders: str) -> list[Path]:
    """The Python files of the folders, as git lists them."""
    return [path for path in size.tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(*folders: str) -> Iterator[tuple[str, ast.AST]]:
    """Every syntax node of the folders' Python files, with `file:line`."""
    for path in sources(*folders):
        for node in ast.walk(parsed(path)):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


def loaded_by(program: str, *options: str) -> set[str]:
    """The top-level modules a fresh interpreter has loaded after running a program."""
    script = f"{program}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}}, file=sys.stderr)"
    command = [sys.executable, *options, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_every_import_contract_is_kept() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(lint)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_importing_the_engine_loads_nothing_heavy_and_warns_of_nothing() -> None:
    assert loaded_by("import mlcore", "-W", "error").isdisjoint({*HEAVY, "msgspec"})


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["--version"], []])
def test_asking_the_command_line_for_help_loads_nothing_heavy(words: list[str]) -> None:
    assert loaded_by(f"from mlcore.cli import main\nassert main({words}) == 0").isdisjoint({*HEAVY, "msgspec"})


def test_starting_the_app_loads_nothing_heavy_before_it_owns_the_terminal() -> None:
    assert loaded_by("import tui.__main__").isdisjoint({*HEAVY, "msgspec"})


def test_the_first_paint_needs_no_numbers() -> None:
    assert loaded_by("import tui.app").isdisjoint(set(HEAVY) - {"textual"})


@pytest.mark.parametrize("name", dir(mlcore))
def test_every_public_name_of_the_engine_is_there(name: str) -> None:
    assert getattr(mlcore, name) is not None


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules an import statement names."""
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def ties(path: Path, modules: set[str]) -> set[str]:
    """The modules of the project that a file imports when it runs, also those that a function imports.

    Not what is imported for its types alone, and not the doors of the app: screens that others open when asked to.
    """
    apart = {
        within
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for within in ast.walk(node)
    }
    at_once, found = set(parsed(path).body), set[str]()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node not in apart:
            named = {f"{node.module}.{alias.name}" for alias in node.names} & modules or {node.module}
            found |= {name for name in named if node in at_once or not name.startswith("tui.screens")}
        elif isinstance(node, ast.Import) and node not in apart:
            found |= {alias.name for alias in node.names}
    return found & modules


def test_no_two_files_import_each_other_by_any_way() -> None:
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources("mlcore", "tui", "tools", "benchmarks")
    }
    graph = {name: ties(path, set(files)) - {name} for name, path in files.items()}
    graph["mlcore.model"] -= {"mlcore.checkpoints"}  # Model.save and Model.load are asked for there
    order = TopologicalSorter(graph)
    order.prepare()  # raises CycleError, which names them


def catalogues() -> list[tuple[str, Entry]]:
    """Every line of every catalogue in the engine, with the module it stands in."""
    files = [path.relative_to(ROOT) for path in sources("mlcore") if "CATALOGUE =" in path.read_text(encoding="utf-8")]
    modules = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files]
    found = [(name, getattr(import_module(name), "CATALOGUE", None)) for name in sorted(modules)]
    return [(name, entry) for name, catalogue in found if isinstance(catalogue, Catalogue) for entry in catalogue]


@pytest.mark.parametrize(("module", "entry"), catalogues(), ids=lambda value: getattr(value, "name", value))
def test_every_line_of_a_catalogue_leads_to_what_it_names(module: str, entry: Entry) -> None:
    assert callable(entry.load())
    assert entry.name == entry.name.lower()
    assert entry.line


def test_the_app_uses_only_public_names_of_the_engine() -> None:
    for where, node in nodes("tui"):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("mlcore.")], where
        if isinstance(node, ast.ImportFrom) and node.module == "mlcore":
            assert {alias.name for alias in node.names} <= set(dir(mlcore)), where


def test_heavy_libraries_are_imported_where_they_are_needed_and_not_before() -> None:
    for path in sources("mlcore", "tui"):
        late = {"torch", "sklearn", "pandas", "scipy", "pyarrow"}
        if path.parent.name == "pytorch" and path.name != "__init__.py":
            late -= {"torch"}  # rooms that the door of the package opens once PyTorch is wanted
        if path.parent.name == "estimators":
            late -= {"sklearn"}  # the package is imported when one of its two names is used
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert late.isdisjoint(name.partition(".")[0] for name in imported(node)), f"{path}:{node.lineno}"


def test_only_three_modules_touch_the_compiled_module() -> None:
    users = {
        where.partition(":")[0]
        for where, node in nodes("mlcore", "tui")
        if isinstance(node, ast.Import | ast.ImportFrom) and "mlcore._native" in imported(node)
    }
    assert users <= {"mlcore/kernels/library.py", "mlcore/backends/program.py", "mlcore/tables/scan.py"}


def test_every_file_a_document_leads_to_is_there() -> None:
    links = re.compile(r"\]\(([^):#]+)[^):]*\)")
    pages = [path for path in size.tracked() if path.suffix == ".md"]
    found = [(path, link) for path in pages for link in links.findall(path.read_text(encoding="utf-8"))]
    assert len(found) > 20
    assert [(str(path), link) for path, link in found if not (path.parent / link).exists()] == []


def test_no_room_is_called_utils() -> None:
    rooms = {part for path in size.tracked() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert rooms.isdisjoint(NAMELESS)


def test_files_fit_into_one_head() -> None:
    long = {sized.name: sized.lines for sized in size.files() if sized.lines > sized.limit}
    assert {name: lines for name, lines in long.items() if name not in LONG} == {}
    assert set(LONG) <= set(long), "an exception that is no longer needed"


BANNED_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
BANNED_CALLS = {"eval", "exec", "yaml.load", "torch.load", "tempfile.mktemp", "os.system", "os.popen"}


def banned(node: ast.AST) -> str | None:
    """What in this node would let data run as code, or None (trusting a file is how models get people hacked)."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return next((name for name in imported(node) if name.partition(".")[0] in BANNED_MODULES), None)
    if not isinstance(node, ast.Call):
        return None
    name, keywords = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
    if name in BANNED_CALLS:
        return name
    if name in ("np.load", "numpy.load") and keywords.get("allow_pickle") != "False":
        return f"{name} without allow_pickle=False"
    unsafe = {"allow_pickle": "False", "shell": "False", "weights_only": "True"}
    return next((f"{word}=" for word, safe in unsafe.items() if keywords.get(word, safe) != safe), None)


def test_data_never_runs_as_code() -> None:
    assert {where: what for where, node in nodes(*PLAIN) if (what := banned(node))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "eval(x)",
        "torch.load(f)",
        "np.load(f)",
        "np.load(f, allow_pickle=True)",
        "run(x, shell=True)",
        "tempfile.mktemp()",
    ],
)
def test_the_ban_notices(line: str) -> None:
    assert any(banned(node) for node in ast.walk(ast.parse(line)))


HOSTS = re.compile(r"pypi\.org|python[h]osted|npm[j]s|download\.pytorch|anaconda\.org|deb\.debian", re.IGNORECASE)
FOLDERS = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")


def test_no_file_names_a_registry_host_or_a_folder_of_somebodys_machine() -> None:
    found = []
    for path in size.tracked():
        if path.suffix in (".png", ".gz", ".npz", ".safetensors"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            if HOSTS.search(line) or FOLDERS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []
