"""The engine's own limit: texts a second of `predict` in a process of its own, sorted by length, at several batch sizes, with
as many callers at once as the stage has.

python -m benchmarks.understanding_peers.offline --models-dir .kefu/models --threads 1 < TEXTS
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import orjson

from benchmarks.understanding_peers.setups import ENCODER
from models.understanding.bert import SHIPPED, BertUnderstanding, load_bert_understanding

BATCH_SIZES: Final = (1, 8, 32)
_PASSES: Final = 2


def limit(engine: BertUnderstanding, texts: Sequence[str], size: int, callers: int) -> float:
    """Texts a second over whole passes in batches of texts of like length."""
    ordered = sorted(texts, key=len)
    batches = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    started = 0.0
    with ThreadPoolExecutor(callers) as pool:
        for number in range(1 + _PASSES):  # the first warms
            if number == 1:
                started = time.perf_counter()
            # The longest first: at the end no caller waits for one long batch of another's.
            for _ in pool.map(engine.predict, reversed(batches)):
                pass
    return _PASSES * len(texts) / (time.perf_counter() - started)


def main() -> None:
    """The command: prints texts a second by batch size, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    texts = orjson.loads(sys.stdin.buffer.read())
    engine = load_bert_understanding(
        ENCODER,
        SHIPPED,
        arguments.models_dir,
        arguments.threads,
        runtime="openvino",
        callers=arguments.threads,
    )
    found = {str(size): round(limit(engine, texts, size, arguments.threads), 2) for size in BATCH_SIZES}
    sys.stdout.buffer.write(orjson.dumps(found))


if __name__ == "__main__":
    main()
