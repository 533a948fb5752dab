"""The BERT stage on a CUDA device: the same readings as on the CPU, within its share of the memory."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.gpu
TEXTS = [
    "我的订单到哪了",
    "How can I return a product?",
    "送女朋友的礼物，200以内",
    "the weather on Mars",
] * 8


def test_readings_are_those_of_the_cpu(models_dir: Path) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device is here")
    from deployments.identity import Placement, UnderstandingIdentity
    from deployments.understanding import spec_of
    from models.understanding.engine import load

    on_cpu = UnderstandingIdentity(models_dir=models_dir)
    on_gpu = UnderstandingIdentity(
        models_dir=models_dir,
        runtime="torch",
        placement=Placement(gpus=0.1, gpu_group="first", gpu_memory_share=0.1),
    )
    expected, found = (load(spec_of(identity)).predict(TEXTS) for identity in (on_cpu, on_gpu))
    assert torch.cuda.max_memory_allocated() > 100 << 20, "the encoder is not on the GPU"
    for cpu, gpu in zip(expected, found, strict=True):
        assert (gpu.intent, gpu.decision) == (cpu.intent, cpu.decision)
        assert gpu.probability == pytest.approx(cpu.probability, abs=0.01)
