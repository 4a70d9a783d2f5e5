"""The generated parts of the documentation: settings, commands and the Python API, as Markdown made from the code.

A page says where a part goes, and everything between the two comments is made anew::

    <!-- made: settings -->
    …
    <!-- end -->
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from rag_assistant.cli.reference_python import cell, plain, python_part
from rag_assistant.errors import UsageError
from rag_assistant.settings import ENV_PREFIX, Settings

_PART = re.compile(r"(<!-- made: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_KINDS = {int: "NUMBER", float: "NUMBER", Path: "PATH"}
# Its default depends on whose machine it is.
_SHOWN_DEFAULTS = {"index_dir": "`rag_assistant/index` in the user's data folder"}


def refresh(page: str) -> str:
    """A page's text with its generated parts made anew.

    Raises:
        UsageError: a part of a name that nothing makes.
    """

    def made(found: re.Match[str]) -> str:
        name = found[2]
        if name not in PARTS:
            raise UsageError(f"no part is called {name}: there are {', '.join(PARTS)}")
        return f"{found[1]}\n{PARTS[name]().strip()}\n\n{found[4]}"

    return _PART.sub(made, page)


def settings_part() -> str:
    """Every setting with its default, its environment name, its bounds and what it does, a table a group."""
    tables = []
    single = [name for name, field in Settings.model_fields.items() if not _group(field)]
    rows = [_setting_row("", name, Settings.model_fields[name]) for name in single]
    tables.append("## At the top\n\nWhere things are kept.\n\n" + _settings_table(rows))
    for name, field in Settings.model_fields.items():
        if group := _group(field):
            rows = [_setting_row(name, inner, one) for inner, one in group.model_fields.items()]
            tables.append(f"## `[{name}]`\n\n{plain(group.__doc__ or '')}\n\n" + _settings_table(rows))
    return "\n\n".join(tables)


def commands_part() -> str:
    """Every command with its usage, its arguments and its options."""
    return "\n\n".join(_command_section(path, command) for path, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that is not hidden, as the words that call it and typer's object for it."""
    import typer

    from rag_assistant.cli.commands import app

    def walk(path: str, group: Any) -> Iterator[tuple[str, Any]]:
        for name, command in group.commands.items():
            if command.hidden:
                continue
            if hasattr(command, "commands"):
                yield from walk(f"{path} {name}", command)
            else:
                yield f"{path} {name}", command

    yield from walk("rag-assistant", typer.main.get_command(app))


def refresh_files(paths: list[Path]) -> list[Path]:
    """Makes the generated parts of pages anew; gives back the pages that had to change."""
    changed = []
    for path in paths:
        before = path.read_text(encoding="utf-8")
        after = refresh(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


PARTS: dict[str, Callable[[], str]] = {"settings": settings_part, "commands": commands_part, "python": python_part}


def _group(field: Any) -> Any:
    return field.annotation if hasattr(field.annotation, "model_fields") else None


def _setting_row(group: str, name: str, field: Any) -> tuple[str, ...]:
    dotted = f"{group}.{name}" if group else name
    variable = ENV_PREFIX + dotted.upper().replace(".", "__")
    default = _SHOWN_DEFAULTS.get(name) or f"`{_shown(field.get_default())}`"
    allowed = [one for one in map(_bound, field.metadata) if one]
    allowed += [f"`{json.dumps(value)}`" for value in get_args(field.annotation) if isinstance(value, str)]
    described = cell(field.description or "") + (f" ({', '.join(allowed)})" if allowed else "")
    return f"`{dotted}`<br>`{variable}`", default, described


def _shown(default: object) -> str:
    if default is None:
        return "none"
    return f"{default:_}" if type(default) is int else json.dumps(default, default=str)


def _bound(bound: object) -> str:
    for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if (limit := getattr(bound, attribute, None)) is not None:
            return f"{sign} {limit:,}"
    return ""


def _settings_table(rows: list[tuple[str, ...]]) -> str:
    return _table(("setting, and in the environment", "default", "what it does"), rows)


def _command_section(path: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = [path, *(["[OPTIONS]"] if options else []), *(_argument_name(one) for one in arguments)]
    parts = [f"## {path.removeprefix('rag-assistant ')}", plain(command.help or ""), f"    {' '.join(usage)}"]
    rows = [(f"`{_argument_name(one)}`", cell(one.help or "")) for one in arguments]
    rows += [(f"`{_option_name(one)}`", cell(one.help or "") + _option_default(one)) for one in options]
    if rows:
        parts.append(_table(("", ""), rows))
    return "\n\n".join(parts)


def _argument_name(argument: Any) -> str:
    name = argument.name.upper()
    return f"{name}…" if argument.nargs == -1 else name


def _option_name(option: Any) -> str:
    names = ", ".join(option.opts)
    if option.is_flag:
        return names
    annotation = option.type_descriptor.annotation
    choices = [value for value in get_args(annotation) if isinstance(value, str)]
    return f"{names} {'|'.join(choices) or _KINDS.get(annotation, 'TEXT')}"


def _option_default(option: Any) -> str:
    shown = option.show_default if isinstance(option.show_default, str) else option.default
    return "" if shown in (None, False, ()) or callable(shown) else f" Default: {shown}."


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(one.replace('|', chr(92) + '|') for one in row)} |" for row in lines)
