"""Settings come from the environment, and each wrong one names itself and its fix."""

from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, masked


def test_defaults_need_nothing() -> None:
    settings = Settings.from_environment({"HOME": "/home/li"}, uid=1000)
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.data_dir == Path("/home/li/.local/share/luodi")
    assert settings.token_key_file == Path("/home/li/.local/share/luodi/secrets/token.key")
    assert settings.database_url is None


@pytest.mark.parametrize(
    ("environ", "uid", "folder"),
    [
        ({"HOME": "/root"}, 0, "/var/lib/luodi"),
        ({"HOME": "/home/li", "XDG_DATA_HOME": "/data"}, 1000, "/data/luodi"),
        # The XDG specification: a relative path is to be ignored.
        ({"HOME": "/home/li", "XDG_DATA_HOME": "data"}, 1000, "/home/li/.local/share/luodi"),
        ({"LUODI_DATA_DIR": "/srv/a/../b"}, 0, "/srv/b"),
        ({"HOME": "/root", "LUODI_DATA_DIR": ""}, 0, "/var/lib/luodi"),
    ],
)
def test_the_data_folder(environ: dict[str, str], uid: int, folder: str) -> None:
    assert Settings.from_environment(environ, uid=uid).data_dir == Path(folder)


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"LUODI_HOST": "0.0.0.0", "LUODI_PORT": "9"}, "http://127.0.0.1:9"),  # noqa: S104
        ({"LUODI_HOST": "::1"}, "http://[::1]:8000"),
        ({"LUODI_PUBLIC_URL": "https://map.example.cn/luodi/"}, "https://map.example.cn/luodi"),
    ],
)
def test_the_address_clients_see(environ: dict[str, str], url: str) -> None:
    assert Settings.from_environment(environ, uid=0).public_url == url


@pytest.mark.parametrize("url", ["postgres://a@h/d", "postgresql+asyncpg://a@h/d", "postgresql://a@h/d"])
def test_one_spelling_of_a_database_address(url: str) -> None:
    assert Settings.from_environment({"LUODI_DATABASE_URL": url}, uid=0).database_url == "postgresql://a@h/d"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[("LUODI_PORT", text) for text in ("0", "65536", "٣", "+1", " 1", "1e3", "80 80")],
        ("LUODI_WORKERS", "0"),
        ("LUODI_PUBLIC_URL", "map.example.cn"),
        ("LUODI_PUBLIC_URL", "javascript:alert(1)"),
        ("LUODI_DATABASE_URL", "mysql://a@h/d"),
        ("LUODI_DATABASE_URL", "h/d"),
        ("LUODI_TOKEN_KEY", "short"),
        ("HOME", ""),
    ],
)
def test_a_wrong_value_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({"HOME": "/home/li", name: text}, uid=1000)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://li:hidden@h/d",
        "postgresql://li:hid/hidden@x@h/d",
        "postgresql://li@h/d?password=hidden&sslmode=require",
        "postgresql://h/d?user=li&sslpassword=hidden",
    ],
)
def test_a_password_is_never_shown(url: str) -> None:
    assert "hidden" not in masked(url)
    assert "***" in masked(url)
    assert masked("postgresql://li@h/d?host=/run/x") == "postgresql://li@h/d?host=/run/x"
    settings = Settings.from_environment({"LUODI_DATABASE_URL": url, "LUODI_TOKEN_KEY": "hidden" * 9}, uid=0)
    assert "hidden" not in repr(settings)
