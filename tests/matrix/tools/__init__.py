"""The tools of the matrix, one file each, in the order of the columns."""
import importlib
import pathlib

ORDER = ["weir", "heaptrack", "jemalloc", "gperftools", "liblsan", "valgrind"]


def all_tools(weir, library):
    """Every tool, installed or not."""
    stems = {path.stem for path in pathlib.Path(__file__).parent.glob("*.py")} - {"__init__", "tool"}
    found = []
    for stem in sorted(stems, key=lambda stem: (ORDER.index(stem) if stem in ORDER else len(ORDER), stem)):
        module = importlib.import_module(f"tools.{stem}")
        found += [make(weir, library) for make in module.TOOLS]
    return found
