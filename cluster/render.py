"""The configuration as Ray Serve's own YAML: one entry per deployment, its scale beside its identity."""

from typing import Any, Final

from cluster.config import ClusterConfig, identity_hash
from cluster.placement import Demand, demand
from cluster.stage import Stage
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


_PROXIES: Final = {"head_node": "HeadOnly", "every_node": "EveryNode"}


def serve_config(config: ClusterConfig) -> dict[str, Any]:
    """The document that `serve deploy` and Serve's REST API take."""
    http = config.identity.http
    return {
        "proxy_location": _PROXIES[config.proxy_on],
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
                # The topology alone: a file's path would mean another file on another node.
                "args": {"generations": sorted(config.identity.generation)},
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
    name, identity, scale = stage.name, stage.identity, stage.scale
    entry: dict[str, Any] = {
        "name": name,
        "max_ongoing_requests": scale.max_ongoing_requests,
        "max_queued_requests": scale.max_queued_requests,
        "ray_actor_options": {
            "runtime_env": {"env_vars": {IDENTITY_VARIABLE: identity_hash(identity)}},
        },
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
    wanted = demand(stage)
    if wanted.strategy is None:
        entry["ray_actor_options"] |= _actor(wanted)
        if wanted.most_per_node is not None:
            entry["max_replicas_per_node"] = wanted.most_per_node
    else:
        _place_bundles(entry, wanted, isinstance(identity, GenerationIdentity) and identity.engine == "vllm")
    return entry


def _actor(wanted: Demand) -> dict[str, Any]:
    """One actor: what the stage asks, as Ray's options."""
    asked = dict(wanted.bundles[0])
    options: dict[str, Any] = {"num_cpus": asked.pop("CPU", 0.0)}
    if gpus := asked.pop("GPU", 0.0):
        options["num_gpus"] = gpus
    if asked:
        options["resources"] = asked
    return options


def _place_bundles(entry: dict[str, Any], wanted: Demand, has_workers: bool) -> None:
    """A placement group, whose first bundle the replica rides on: vLLM's workers take its CPUs and GPU and the replica
    nothing; any other engine is its own first worker.
    """
    entry["placement_group_bundles"] = [dict(bundle) for bundle in wanted.bundles]
    entry["placement_group_strategy"] = wanted.strategy
    first = {name: amount for name, amount in wanted.bundles[0].items() if name in {"CPU", "GPU"}}
    entry["ray_actor_options"] |= {"num_cpus": 0} if has_workers else _actor(Demand("", 1, (first,)))
