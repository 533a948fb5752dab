"""What `kefu up` and `kefu seed` do to a store, by its reference, on both databases."""

import json
from pathlib import Path

import pytest

from cluster import shop
from cluster.config import ClusterConfig, load, profile_path
from cluster.config_error import ConfigError
from commerce.domain.identity import ApiKeyRole
from commerce.store import open_store
from tests.tau2_shop import a_shop


def a_config(home: Path) -> ClusterConfig:
    return load(profile_path("fake"), ("identity.store=env:KEFU_STORE_URL", f"identity.home={home}"))


async def test_a_shop_is_prepared_seeded_and_opened(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_STORE_URL", url)
    config = a_config(tmp_path)
    await shop.prepare_store(config)
    seeded = await shop.seed(config)
    assert seeded.is_new and not (await shop.seed(config)).is_new
    (tmp_path / "db.json").write_text(json.dumps(a_shop()))
    assert (await shop.import_shop(config, tmp_path / "db.json", "imported"))["orders"] == 3

    shop.ensure_token_secret(config)
    doors = await shop.open_doors(config, seeded)
    doors.write(tmp_path / "serve.json")
    async with open_store(url) as store:
        assert (await store.authenticate(doors.api_key)).tenant_id == seeded.tenant_id
        assert (await store.authenticate(doors.operator_key)).role is ApiKeyRole.OPERATOR
    await shop.close_doors(config, tmp_path / "serve.json")
    async with open_store(url) as store:
        assert all(key.revoked_at is not None for key in await store.api_keys(seeded.tenant_id))


async def test_a_url_that_is_no_stores_is_told_by_its_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_STORE_URL", "mysql://kefu:secret@localhost/shop")
    with pytest.raises(ConfigError, match=r"env:KEFU_STORE_URL can't be used:\n.*not on 'mysql'") as told:
        await shop.prepare_store(a_config(tmp_path))
    assert "secret" not in str(told.value)
