"""The command of `benchmarks.understanding_peers`; the package says what it measures."""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import describe
from benchmarks.understanding_peers import __doc__ as told
from benchmarks.understanding_peers.figures import BOUND_MS
from benchmarks.understanding_peers.result import result
from benchmarks.understanding_peers.rounds import TEXTS_IN_BATCH, Times, measure
from benchmarks.understanding_peers.servers import LEFT_OUT, ROOT, Place
from benchmarks.understanding_peers.setups import PROFILE
from models.understanding.corpus import CORPUS, load_corpus

_COMMAND: Final = (
    "python -m benchmarks.understanding_peers --models-dir .kefu/models "
    "--peers-python PEERS/bin/python --out docs/results"
)
_TEXTS: Final = 512
_ROUNDS: Final = 4
_PEERS: Final = ("litserve", "bentoml", "fastapi", "uvicorn", "torch", "openvino", "transformers")
_VERSIONS: Final = (
    "import json, sys; from importlib.metadata import version; "
    "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
)


def texts() -> list[str]:
    """Texts of the corpus's test split, as far apart in it as they can be, in its order."""
    every = [example.text for example in load_corpus().intents.of("test")]
    return [every[place * len(every) // _TEXTS] for place in range(_TEXTS)]


def peers_versions(python: Path) -> dict[str, str]:
    """What the peers run with."""
    line = [str(python), "-c", _VERSIONS, *_PEERS]
    found: dict[str, str] = json.loads(subprocess.run(line, stdout=subprocess.PIPE, check=True).stdout)
    return found


def head(place: Place, rounds: int, times: Times) -> dict[str, Any]:
    """Where, on what and how it was measured."""
    return describe(ROOT) | {
        "command": _COMMAND + (f" --rounds {rounds}" if rounds != _ROUNDS else ""),
        "peers_versions": peers_versions(place.peers_python),
        "texts": {"data_set": CORPUS, "split": "test", "count": _TEXTS, "in_batch": TEXTS_IN_BATCH},
        "bound_p99_ms": BOUND_MS,
        "rounds": rounds,
        "seconds": asdict(times),
        "kefu_profile": {"profile": PROFILE, "set": list(LEFT_OUT)},
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--models-dir", type=Path, required=True, help="where `kefu models build` put the encoder"
    )
    parser.add_argument("--peers-python", type=Path, required=True, help="the interpreter that has the peers")
    parser.add_argument("--out", type=Path, required=True, help="the folder for understanding-peers.json")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--rung-s", type=float, default=2.5, help="seconds of a rung")
    parser.add_argument(
        "--batch-rung-s", type=float, default=4.0, help="seconds of a rung of 32 texts a request"
    )
    parser.add_argument("--warm-up-s", type=float, default=3.0, help="seconds of load before a ladder")
    arguments = parser.parse_args()
    place = Place(arguments.models_dir.absolute(), arguments.peers_python.absolute())
    times = Times(arguments.rung_s, arguments.batch_rung_s, arguments.warm_up_s)
    found = head(place, arguments.rounds, times)
    before = os.getloadavg()[0]
    found |= result(measure(texts(), place, arguments.rounds, times))
    found["load_average_before"] = round(before, 2)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=2, ensure_ascii=False)
    (arguments.out / "understanding-peers.json").write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
