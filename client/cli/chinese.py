"""click in Chinese: headings, usage errors, and help that ends with examples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import click
from rich.cells import cell_len

HELP_OPTIONS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Chinese(click.Command):
    """Headings in Chinese. `examples` are lines shown at the end of the help."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **options: Any) -> None:
        options.setdefault("context_settings", HELP_OPTIONS)
        options.setdefault("options_metavar", "[选项]")
        super().__init__(*arguments, **options)
        self.examples = examples

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示帮助"
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = [
            (form, text.replace("[required]", "[必填]").replace("[default: ", "[默认 "))
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(ctx)) is not None
            for form, text in (record,)
        ]
        _write_pairs(formatter, "选项", records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = _examples_above(ctx) or self.examples
        if lines:
            with formatter.section("示例"):
                for line in lines:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _examples_above(ctx: click.Context) -> tuple[str, ...]:
    """Those of the group's examples that show this very command: one button serves many businesses."""
    above: tuple[str, ...] = getattr(ctx.parent.command, "examples", ()) if ctx.parent else ()
    return tuple(line for line in above if line.startswith(f"{ctx.command_path} "))


class Command(_Chinese):
    """One command."""


class Group(_Chinese, click.Group):
    """A group of commands."""

    command_class = Command

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("subcommand_metavar", "命令 …")
        super().__init__(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people need them, not of the alphabet."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        listed = [
            (name, command.get_short_help_str(60))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        _write_pairs(formatter, "命令", listed)


Group.group_class = Group

command = partial(click.command, cls=Command)
group = partial(click.group, cls=Group)


def _write_pairs(
    formatter: click.HelpFormatter, heading: str, pairs: Sequence[tuple[str, str]]
) -> None:
    """Two columns that line up although Chinese characters are two columns wide."""
    if not pairs:
        return
    width = max(cell_len(left) for left, _ in pairs) + 2
    with formatter.section(heading):
        indent = " " * formatter.current_indent
        for left, right in pairs:
            formatter.write(f"{indent}{left}{' ' * (width - cell_len(left))}{right}\n")


def usage_sentence(error: click.UsageError) -> str:
    """What is wrong with the command line, in Chinese."""
    name = ""
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.get_error_hint(error.ctx) if error.ctx else error.param.name or ""
    if isinstance(error, click.MissingParameter):
        return f"缺少参数 {name}"
    if isinstance(error, click.NoSuchOption):
        hint = f"，是否要写 {'、'.join(error.possibilities)}？" if error.possibilities else ""
        return f"没有选项 {error.option_name}{hint}"
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 缺少内容"
    if isinstance(error, click.BadParameter):
        return f"参数 {name} 不正确：{error.message}"
    if isinstance(error, click.exceptions.NoSuchCommand):
        hint = f"，是否要写 {'、'.join(error.possibilities)}？" if error.possibilities else ""
        return f"没有命令 {error.command_name}{hint}"
    return error.message if _is_chinese(error.message) else f"命令不正确：{error.message}"


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= each <= "\u9fff" for each in text)
