"""The configuration as Ray Serve's own YAML: one entry per deployment, its scale beside its identity."""

from pathlib import Path
from typing import Any

from cluster.config import ClusterConfig, Stage, identity_hash
from deployments.identity import GenerationIdentity

APPLICATION = "kefu"
# A changed identity must replace the replicas, and only those of its own deployment: a changed variable of the
# deployment's runtime environment does just that, while user_config alone would be handed to the running ones.
IDENTITY_VARIABLE = "KEFU_IDENTITY"
# Beyond our own deadlines: Serve cuts what did not end by itself.
_BEYOND_DEADLINE_S = 10.0
_HEALTH = {"health_check_period_s": 1.0, "health_check_timeout_s": 5.0}
# A replica that loads a chat model answers no health check while vLLM compiles.
_GENERATION_HEALTH = {"health_check_period_s": 1.0, "health_check_timeout_s": 30.0}
_SHUTDOWN = {"graceful_shutdown_timeout_s": 10.0, "graceful_shutdown_wait_loop_s": 0.5}


def serve_config(config: ClusterConfig, config_path: Path) -> dict[str, Any]:
    """The document that `serve deploy` and Serve's REST API take."""
    http = config.identity.http
    return {
        "proxy_location": "HeadOnly" if config.identity.nodes.kind == "local" else "EveryNode",
        "http_options": {
            "host": http.host,
            "port": http.port,
            "request_timeout_s": _request_timeout_s(config),
        },
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


def _request_timeout_s(config: ClusterConfig) -> float:
    limits = config.identity.limits
    return max(limits.deadline_s, limits.engine_deadline_s) + _BEYOND_DEADLINE_S


def deployments(config: ClusterConfig) -> list[dict[str, Any]]:
    """One entry per deployment of `cluster.graph`."""
    return [_entry(stage) for stage in config.stages()]


def _entry(stage: Stage) -> dict[str, Any]:
    name, identity, placement, scale = stage.name, stage.identity, stage.placement, stage.scale
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
    if isinstance(identity, GenerationIdentity):
        entry |= _GENERATION_HEALTH
    if stage.bundles:
        _place_engine(entry, stage.bundles)
    return entry


def _place_engine(entry: dict[str, Any], bundles: tuple[dict[str, float], ...]) -> None:
    """vLLM's workers take the bundles; the replica's own actor rides on the first one and asks for nothing more."""
    entry["placement_group_bundles"] = [dict(bundle) for bundle in bundles]
    entry["placement_group_strategy"] = "PACK"
    entry["ray_actor_options"] |= {"num_cpus": 0}
    entry["ray_actor_options"].pop("num_gpus", None)
