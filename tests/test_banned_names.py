"""What makes one run differ from the next is not written in the code that decides (CORRECTNESS.md 5.1, 5.2 point 8).

A scan of the source text: wall clock, hash order, hidden randomness, the machine's surroundings, float sums and float
equality, numpy's transcendental functions on the path to events. Each rule has a crime that proves it awake.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DETERMINISTIC = (
    *("sim/engine", "sim/world", "sim/scenario", "sim/summary"),
    *("sim/records.py", "sim/streams.py", "sim/laws.py", "sim/oracle.py", "sim/simulation.py"),
)
EVENT_PATH = ("sim/engine", "sim/world", "sim/streams.py", "sim/simulation.py")

MODULES = {
    *("time", "random", "uuid", "secrets", "locale", "glob", "getpass", "socket", "gc", "weakref", "threading"),
    *("multiprocessing", "asyncio", "concurrent", "tempfile", "platform"),
}
SURROUNDINGS = {
    *("os.environ", "os.getenv", "os.getcwd", "os.listdir", "os.scandir", "os.walk", "os.urandom", "os.getpid"),
    *("Path.cwd", "Path.home", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "sys.argv"),
}
LISTINGS = {"iterdir", "glob", "rglob", "expanduser"}
IDENTITY = {"hash", "id"}
TRANSCENDENTAL = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "cbrt", "hypot"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh"),
    *("arcsinh", "arccosh", "arctanh", "logaddexp", "logaddexp2", "geomspace", "logspace", "i0", "sinc"),
}
SEEDED = {"Generator", "Philox", "SeedSequence", "BitGenerator"}
IN_ORDER = {"sorted", "len", "min", "max", "any", "all", "set", "frozenset", "bool"}
ORDERING = {"list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "reversed", "sum"}


def dotted(node):
    """`a.b.c` of an attribute chain, or an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def is_set(node, names):
    """Whether an expression is a set, as far as its text tells."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return is_set(node.left, names) or is_set(node.right, names)
    if isinstance(node, ast.Call):
        return dotted(node.func) in {"set", "frozenset"}
    return dotted(node) in names


def sets_named(tree):
    """Names that are assigned or annotated as sets anywhere in a file."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            found.update({dotted(target): True for target in node.targets if is_set(node.value, found)})
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            kind = ast.unparse(node.annotation)
            if kind.startswith(("set[", "frozenset[", "set", "frozenset", "AbstractSet", "Set[")):
                found[dotted(node.target) if isinstance(node, ast.AnnAssign) else node.arg] = True
    return found


def imported(node):
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


def is_float(node):
    """Whether an expression is a float, as far as its text tells."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div) or is_float(node.left) or is_float(node.right)
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return is_float(node.elt)
    if isinstance(node, ast.UnaryOp):
        return is_float(node.operand)
    return isinstance(node, ast.Call) and dotted(node.func) == "float"


def faults(text, *, event_path):
    """What is banned in a source text: (line, what)."""
    tree = ast.parse(text)
    names = sets_named(tree)
    for node in ast.walk(tree):
        for what in [*fault_of(node, names), *(fault_of_event_path(node) if event_path else ())]:
            yield getattr(node, "lineno", getattr(getattr(node, "iter", None), "lineno", 0)), what


def fault_of(node, names):
    yield from (f"imports {name}" for name in imported(node) if name.split(".")[0] in MODULES)
    if isinstance(node, ast.Attribute):
        if dotted(node) in SURROUNDINGS or dotted(node).split(".", 1)[-1] in SURROUNDINGS:
            yield f"looks at its surroundings: {dotted(node)}"
        if node.attr in LISTINGS:
            yield f"lists files in no order, or of a user: {node.attr}"
    if isinstance(node, ast.FunctionDef) and node.name == "__del__":
        yield "finaliser"
    if isinstance(node, ast.For | ast.comprehension) and is_set(node.iter, names):
        yield f"iterates over a set: {ast.unparse(node.iter)}"
    if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        yield from (
            f"compares a float: {ast.unparse(node)}" for side in (node.left, *node.comparators) if is_float(side)
        )
    if isinstance(node, ast.Call):
        yield from fault_of_call(node, names)


def fault_of_call(node, names):
    name = dotted(node.func)
    if name in IDENTITY:
        yield f"asks for {name}()"
    if name in ORDERING and any(is_set(argument, names) for argument in node.args):
        yield f"puts a set into some order: {ast.unparse(node)}"
    if name == "sum" and node.args and is_float(node.args[0]):
        yield f"sums floats: {ast.unparse(node)}"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and dotted(node.func.value) in names:
        yield "takes any element of a set"
    if name.startswith(("np.random.", "numpy.random.")) and name.split(".")[2] not in SEEDED:
        yield f"hidden randomness: {name}"


def fault_of_event_path(node):
    if isinstance(node, ast.Attribute) and dotted(node.value) in {"np", "numpy"} and node.attr in TRANSCENDENTAL:
        yield f"numpy's {node.attr} differs between processors"


def sources(places):
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob("*.py")) if path.is_dir() else ([path] if path.exists() else [])


def test_nothing_banned_is_written_where_runs_are_decided():
    files = list(sources(DETERMINISTIC))
    assert len(files) > 10, "this test is about files that exist"
    on_path = list(sources(EVENT_PATH))
    found = [
        f"{file.relative_to(ROOT)}:{line}: {what}"
        for file in files
        for line, what in faults(file.read_text(encoding="utf-8"), event_path=file in on_path)
    ]
    assert not found, "\n".join(found)


CRIMES = {
    "wall clock": "import time",
    "wall clock, from": "from time import monotonic",
    "date": "from datetime import datetime\nx = datetime.now()",
    "random": "import random",
    "uuid": "import uuid",
    "surroundings": "import os\nx = os.environ['HOME']",
    "surroundings, getenv": "import os\nx = os.getenv('HOME')",
    "working folder": "from pathlib import Path\nx = Path.cwd()",
    "listing": "from pathlib import Path\nx = list(Path('.').iterdir())",
    "hash": "x = hash('a')",
    "id": "x = id(object())",
    "finaliser": "class A:\n    def __del__(self): pass",
    "set literal": "for x in {1, 2}: pass",
    "set call": "for x in set([1, 2]): pass",
    "set comprehension": "y = [x for x in {n for n in range(3)}]",
    "set by name": "names = set()\nfor x in names: pass",
    "set by annotation": "def f(names: set[str]):\n    return [n for n in names]",
    "set attribute": "class A:\n    def f(self):\n        self.names = set()\n        return [n for n in self.names]",
    "set algebra": "a = set()\nfor x in a | b: pass",
    "set to list": "x = list({1, 2})",
    "set sum": "x = sum({0.1, 0.2})",
    "set pop": "names = {1}\nnames.pop()",
    "float sum": "x = sum(a / b for a, b in c)",
    "float sum, constants": "x = sum([0.1 * n for n in c])",
    "float equality": "x = y == 0.5",
    "float inequality": "x = a / b != c",
    "global luck": "import numpy as np\nx = np.random.rand()",
    "unseeded luck": "import numpy as np\nx = np.random.default_rng()",
    "transcendental": "import numpy as np\nx = np.exp(y)",
    "power": "import numpy as np\nx = np.power(y, 2)",
}


@pytest.mark.parametrize("crime", CRIMES)
def test_each_rule_catches_its_crime(crime):
    assert list(faults(CRIMES[crime], event_path=True))


INNOCENT = {
    "sorted set": "for x in sorted({1, 2}): pass",
    "membership": "x = 1 in {1, 2}",
    "dictionary": "for x in {1: 2}: pass",
    "integer sum": "x = sum(n.bytes for n in c)",
    "seeded luck": "import numpy as np\nx = np.random.Generator(np.random.Philox(key=1))",
    "square root": "import numpy as np\nx = np.sqrt(y)",
    "scalar": "import math\nx = math.exp(1)",
    "summary": "x = y <= 0.5",
}


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_right_is_left_alone(text):
    assert not list(faults(INNOCENT[text], event_path=True))
