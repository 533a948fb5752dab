"""The configuration as Ray Serve's own YAML: one entry per deployment, its scale beside its identity."""

from pathlib import Path
from typing import Any

from cluster.config import ClusterConfig, StageScale, identity_hash
from deployments.identity import GenerationIdentity, Placement, Section

APPLICATION = "kefu"
# A changed identity must replace the replicas, and only those of its own deployment: a changed variable of the
# deployment's runtime environment does just that, while user_config alone would be handed to the running ones.
IDENTITY_VARIABLE = "KEFU_IDENTITY"
_REQUEST_TIMEOUT_S = 60.0
_HEALTH = {"health_check_period_s": 1.0, "health_check_timeout_s": 5.0}
# A replica that loads a chat model answers no health check while vLLM compiles.
_GENERATION_HEALTH = {"health_check_period_s": 1.0, "health_check_timeout_s": 30.0}
_SHUTDOWN = {"graceful_shutdown_timeout_s": 10.0, "graceful_shutdown_wait_loop_s": 0.5}


def serve_config(config: ClusterConfig, config_path: Path) -> dict[str, Any]:
    """The document that `serve deploy` and Serve's REST API take."""
    http = config.identity.http
    return {
        "proxy_location": "HeadOnly" if config.identity.nodes.kind == "local" else "EveryNode",
        "http_options": {"host": http.host, "port": http.port, "request_timeout_s": _REQUEST_TIMEOUT_S},
        "logging_config": {"log_level": "WARNING", "encoding": "JSON", "enable_access_log": False},
        "applications": [
            {
                "name": APPLICATION,
                "route_prefix": "/",
                "import_path": "cluster.graph:build",
                "args": {"config": str(config_path)},
                "deployments": deployments(config),
            }
        ],
    }


def deployments(config: ClusterConfig) -> list[dict[str, Any]]:
    """One entry per deployment of `cluster.graph`."""
    entries = [
        _entry("Gateway", config.gateway_identity(), config.identity.gateway, config.scale.gateway),
        _entry(
            "Understanding",
            config.understanding_identity(),
            config.identity.understanding.placement,
            config.scale.understanding,
        ),
        _entry(
            "Retrieval",
            config.retrieval_identity(),
            config.identity.retrieval.placement,
            config.scale.retrieval,
        ),
    ]
    for name in config.identity.generation:
        section = config.generation_identity(name)
        entry = _entry(f"Generation-{name}", section, section.placement, config.scale.generation[name])
        entry |= _GENERATION_HEALTH
        if section.engine == "vllm":
            _place_engine(entry, section)
        entries.append(entry)
    return entries


def _entry(name: str, identity: Section, placement: Placement, scale: StageScale) -> dict[str, Any]:
    actor: dict[str, Any] = {
        "num_cpus": placement.cpus,
        "runtime_env": {"env_vars": {IDENTITY_VARIABLE: identity_hash(identity)}},
    }
    if placement.gpus:
        actor["num_gpus"] = placement.gpus
    if placement.accelerator:
        actor["accelerator_type"] = placement.accelerator
    entry: dict[str, Any] = {
        "name": name,
        "max_ongoing_requests": scale.max_ongoing_requests,
        "max_queued_requests": scale.max_queued_requests,
        "ray_actor_options": actor,
        "user_config": identity.model_dump(mode="json"),
        **_HEALTH,
        **_SHUTDOWN,
    }
    if scale.autoscaling is not None:
        entry["autoscaling_config"] = scale.autoscaling.model_dump(mode="json")
    else:
        entry["num_replicas"] = scale.replicas
    return entry


def _place_engine(entry: dict[str, Any], section: GenerationIdentity) -> None:
    """vLLM's workers take the bundles; the replica's own actor rides on the first one and asks for nothing more."""
    entry["placement_group_bundles"] = [dict(bundle) for bundle in section.bundles]
    entry["placement_group_strategy"] = "PACK"
    entry["ray_actor_options"] |= {"num_cpus": 0}
    entry["ray_actor_options"].pop("num_gpus", None)
