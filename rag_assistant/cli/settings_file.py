"""Writing one setting into the user's settings file, and leaving all else in it as it is."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_config_path

from rag_assistant.errors import SettingsError
from rag_assistant.settings import config_file


def write_setting(group: str, name: str, value: str) -> Path:
    """Sets ``group.name`` in the settings file in force, or in a new one in the user's configuration folder.

    Comments, order and line ends stay. The file is replaced as a whole, so that it is never half written.

    Returns:
        The file.

    Raises:
        SettingsError: the file is no TOML, has something else than a group under that name, or can't be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = config_file() or user_config_path("rag_assistant") / "config.toml"
    try:
        document = tomlkit.parse(path.read_bytes().decode("utf-8")) if path.exists() else tomlkit.document()
        table = document.setdefault(group, tomlkit.table())
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {group} is not a group of settings; write [{group}] there")
        table[name] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.resolve()  # what a link names is replaced, not the link
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_bytes(tomlkit.dumps(document).encode("utf-8"))
        fresh.replace(target)
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path} can't be written: {error.strerror}") from None
    return path
