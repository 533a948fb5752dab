"""vLLM's engine arguments, apart from vLLM: a test holds each against the lists of the CPU and the GPU build."""

from typing import Any

from deployments.identity import GenerationIdentity


def engine_kwargs(identity: GenerationIdentity) -> dict[str, Any]:
    """The keyword arguments of vLLM's engine for that identity."""
    arguments: dict[str, Any] = {
        "max_model_len": identity.max_model_len,
        "max_num_seqs": identity.max_num_seqs,
        "dtype": identity.dtype,
        "tensor_parallel_size": identity.tensor_parallel,
        "enforce_eager": identity.enforce_eager,
        "enable_prefix_caching": True,
    }
    if identity.placement.gpus == 0:
        # By a share, the CPU build would ask for most of the machine's memory.
        arguments["kv_cache_memory_bytes"] = int(identity.kv_cache_gib * (1 << 30))
    elif identity.placement.gpu_memory_share is not None:
        arguments["gpu_memory_utilization"] = identity.placement.gpu_memory_share
    return arguments
