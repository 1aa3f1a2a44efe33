import os

import lab
from tools.tool import Result, Tool, each


class Weir(Tool):
    name, set_up = "weir", "`LD_PRELOAD=libweir.so`, `WEIR_OUT`; nothing else."
    exact_bytes = True

    def __init__(self, weir, library):
        self.laboratory = lab.Lab(weir, library)
        self.needs = self.laboratory.library

    def version(self):
        return "this tree"

    def start(self, place, often):
        return [], {"LD_PRELOAD": self.laboratory.library, "WEIR_OUT": f"{place}/%e.%p.weir"}

    def results(self, files, counted):
        def read(path):
            try:
                report = self.laboratory.report(path, *([] if counted else ["--only", "process"]))
            except lab.Failure as failure:
                raise ValueError(str(failure)) from failure
            result = Result(os.path.basename(report["process"]["exe"]))
            for site in report.get("sites", []):
                if site["space"] != "host":
                    continue
                result.add([lab.plain(frame["function"]) for frame in site["frames"]], site["live_bytes"], site["live_blocks"])
            return result
        return each([path for path in files if ".weir" in path.name], read)


class Sampled(Weir):
    name, set_up = "weir sampled", "The same with `WEIR_RECORD=sampled WEIR_SAMPLE_EVERY=1`: every byte is a sample."

    def start(self, place, often):
        words, environment = super().start(place, often)
        return words, {**environment, "WEIR_RECORD": "sampled", "WEIR_SAMPLE_EVERY": "1"}


TOOLS = [Weir, Sampled]
