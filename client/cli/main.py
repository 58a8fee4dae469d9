"""The root of `hpf`: which commands there are, how refusals are told, what the exit code means.

0  done            1  refused, or a check found something
2  usage           3  not logged in        4  not reachable or too late, try again
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click
from click.shell_completion import get_completion_class
from rich.markup import escape

from client.cli import tables
from client.cli.admin import admin
from client.cli.approval import approval
from client.cli.chinese import command, group, usage_sentence
from client.cli.collection import COMMANDS as COLLECTION_COMMANDS
from client.cli.dev import dev
from client.cli.key import key
from client.cli.open_accounts import open_accounts
from client.cli.operations import operation, operations
from client.cli.queries import employer, export, ledger, people, statement
from client.cli.receipts import certificate, receipt, voucher
from client.cli.remit import business, remit, suspense
from client.cli.screen import print_whole
from client.cli.session import login, logout, session
from client.cli.shell import Shell, json_option
from client.cli.verify import verify
from client.cli.worksheet import worksheet
from client.errors import ClientError, HallError, HallUnavailable, LoginRequired
from client.usbkey import UsbKeyError

REFUSED = 1
USAGE = 2
NOT_LOGGED_IN = 3
UNAVAILABLE = 4

COMPLETION_VARIABLE = "_HPF_COMPLETE"

_LOGIN_HINT_ZH = "请先登录：hpf login"
_RETRY_HINT_ZH = "稍后可以放心重试：同一笔提交只办理一次。"
_WORKSHEET_HINT_ZH = "填写的内容都保留在清单中，有误的行和原因：{list} errors"


@group(
    "hpf",
    examples=(
        "hpf login                              插入 USBKEY 登录",
        "hpf open-accounts import 开户.xlsx     导入要开户的职工",
        "hpf open-accounts submit               提交",
        "hpf remit preview && hpf remit submit --to 202611",
        "hpf receipt list",
        "hpf people --all --json | jq .totals   供程序使用",
    ),
)
@json_option
@click.version_option(
    package_name="hpf-hall", prog_name="hpf", message="%(prog)s %(version)s", help="显示版本"
)
@click.pass_context
def cli(context: click.Context) -> None:
    """住房公积金网上业务大厅。

    设置：环境变量 HPF_EDGE、HPF_CA_FILE、HPF_PKCS11_MODULE，或 ~/.config/hpf/config.toml。
    """
    context.call_on_close(context.ensure_object(Shell).close)


@command("completion", examples=('eval "$(hpf completion bash)"', "hpf completion fish | source"))
@click.argument("shell_name", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
def completion(shell_name: str) -> None:
    """输出命令补全脚本。"""
    found = get_completion_class(shell_name)
    if found is None:
        raise click.UsageError(f"不支持 {shell_name}")
    click.echo(found(cli, {}, "hpf", COMPLETION_VARIABLE).source())


for _command in (
    login, logout, session, key, worksheet, approval, open_accounts, remit, suspense, business,
    operations, operation, employer, people, ledger, statement, export, receipt, certificate, voucher, verify,
    admin, dev, completion, *COLLECTION_COMMANDS,
):  # fmt: skip
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    shell: Shell | None = None
    try:
        shell = Shell()
        outcome = cli.main(arguments, prog_name="hpf", standalone_mode=False, obj=shell)
        return outcome if isinstance(outcome, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.Abort:
        click.echo("已取消。", err=True)
        return REFUSED
    except click.UsageError as error:
        _tell_usage(error)
        return USAGE
    except click.ClickException as error:
        click.echo(f"错误：{error.format_message()}", err=True)
        return REFUSED
    except UsbKeyError as error:
        _tell(shell, error.zh, reason=type(error).__name__)
        return REFUSED
    except HallError as error:
        _tell_refusal(shell, error)
        return _exit_code(error)
    except ClientError as error:
        _tell(shell, error.zh, reason=type(error).__name__)
        return USAGE
    except BrokenPipeError:
        # `hpf people | head`: whoever read us has seen enough.
        sys.stderr.close()
        return 0


def _exit_code(error: HallError) -> int:
    if isinstance(error, LoginRequired):
        return NOT_LOGGED_IN
    return UNAVAILABLE if isinstance(error, HallUnavailable) else REFUSED


def _tell_usage(error: click.UsageError) -> None:
    path = error.ctx.command_path if error.ctx else "hpf"
    click.echo(f"{usage_sentence(error)}\n用法见：{path} --help", err=True)


def _tell(shell: Shell | None, zh: str, *, reason: str) -> None:
    if shell is not None and shell.as_json:
        click.echo(
            json.dumps({"error": {"reason": reason, "message": zh}}, ensure_ascii=False), err=True
        )
    else:
        click.secho(f"错误：{zh}", fg="red", err=True)


def _tell_refusal(shell: Shell | None, error: HallError) -> None:
    refusal = error.refusal
    if shell is None or shell.as_json:
        content = {
            "code": refusal.code,
            "reason": refusal.reason,
            "message": refusal.zh,
            "facts": dict(refusal.facts),
            "fields": [
                {"path": each.path, "reason": each.reason, "message": each.zh}
                for each in refusal.fields
            ],
            "request_ref": refusal.request_ref,
        }
        click.echo(json.dumps({"error": content}, ensure_ascii=False), err=True)
        return
    shell.err.print(f"[red]{escape(refusal.zh)}[/red]  （{refusal.reason}）")
    if refusal.fields:
        print_whole(shell.err, tables.fields_table(refusal.fields))
    hint = _hint(shell, error)
    if hint:
        shell.err.print(hint)


def _hint(shell: Shell, error: HallError) -> str:
    if isinstance(error, LoginRequired):
        return _LOGIN_HINT_ZH
    if isinstance(error, HallUnavailable):
        return _RETRY_HINT_ZH
    if shell.list_command and any(each.path.startswith("rows[") for each in error.fields):
        return _WORKSHEET_HINT_ZH.format(list=shell.list_command)
    return ""
