"""What people type on the command line, as values: months, days, amounts, cells, names of businesses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from client.worksheet import BUSINESSES, business_named
from services.kit.days import parse_day
from services.kit.money import parse_yuan
from services.kit.months import YearMonth


class BusinessName(click.ParamType[str]):
    """A business by key or Chinese title, with completion."""

    name = "业务"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        named = business_named(str(value))
        if named is None:
            known = "、".join(f"{each.key}（{each.title_zh}）" for each in BUSINESSES)
            self.fail(f"没有名为“{value}”的业务，可用：{known}", param, ctx)
        return named.key

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        return [
            click.shell_completion.CompletionItem(each.key, help=each.title_zh)
            for each in BUSINESSES
            if each.key.startswith(incomplete)
        ]


class Cell(click.ParamType[tuple[str, str]]):
    """字段=内容"""

    name = "字段=内容"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        field, equals, content = str(value).partition("=")
        if not equals or not field:
            self.fail(f"“{value}”应写成 字段=内容", param, ctx)
        return field.strip(), content


class Month(click.ParamType[YearMonth]):
    """YYYYMM"""

    name = "YYYYMM"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> YearMonth:
        if isinstance(value, YearMonth):
            return value
        try:
            return YearMonth.parse(str(value))
        except ValueError:
            self.fail(f"“{value}”不是年月，年月写作 202611", param, ctx)


class Day(click.ParamType[str]):
    """YYYY-MM-DD"""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return parse_day(str(value)).isoformat()
        except ValueError:
            self.fail(f"“{value}”不是日期，日期写作 2026-11-23", param, ctx)


class Yuan(click.ParamType[int]):
    """An amount in yuan, as fen."""

    name = "元"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_yuan(str(value))
        except ValueError:
            self.fail(f"“{value}”不是金额，金额写作 16317.00", param, ctx)


#: Where a paper is saved: a file, or a folder in which it takes its own name.
output_option = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="文件",
    help="保存到哪里",
)
