"""Writes vllm_arguments.json: the engine arguments of the GPU build, out of its wheel, which needs not be installed.

python -m tests.contract.record_vllm vllm-0.32.0-….whl
"""

import ast
import json
import sys
import zipfile
from pathlib import Path

RECORD = Path(__file__).parent / "vllm_arguments.json"


def arguments_of(source: str) -> list[str]:
    """The fields of EngineArgs and AsyncEngineArgs in the text of vllm/engine/arg_utils.py."""
    classes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ClassDef)]
    wanted = [c for c in classes if c.name in {"EngineArgs", "AsyncEngineArgs"}]
    fields = [
        s for c in wanted for s in c.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
    ]
    return sorted({f.target.id for f in fields if isinstance(f.target, ast.Name)})


def main() -> None:
    """The command."""
    wheel = Path(sys.argv[1])
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("vllm/engine/arg_utils.py").decode()
    record = {"distribution": "vllm", "version": wheel.name.split("-")[1], "arguments": arguments_of(source)}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
