"""Signing what is submitted: `--sign`, `--pin-file`, and what is said of a submission that waits for approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO, TypeVar

import click
from hpf.common.v1.business_pb2 import BUSINESS_STATE_WAITING_APPROVAL, Business

from client.cli.session import chosen_certificate, read_pin
from client.cli.shell import Shell
from client.hall import Hall
from client.login import PluggedKey

_Command = TypeVar("_Command", bound=Callable[..., Any])


def sign_options(command: _Command) -> _Command:
    """For commands that submit; `hall_to_submit` reads what was chosen."""
    sign = click.option(
        "--sign", is_flag=True, expose_value=False, callback=_choose, help="用 USBKEY 签名提交"
    )
    pin_file = click.option(
        "--pin-file",
        type=click.File("r"),
        expose_value=False,
        callback=_choose_file,
        metavar="文件",
        help="从文件读取数字证书密码并签名提交，- 为标准输入",
    )
    return sign(pin_file(command))


def hall_to_submit(shell: Shell) -> Hall:
    """The hall, signing if asked to, if a file with the PIN is set up, or if the employer has to."""
    hall = shell.hall()
    session = hall.session()
    required = session is not None and session.signature_required
    if not (shell.sign or shell.pin_file or shell.config.pin_file or required):
        return hall
    keys, certificate = chosen_certificate(shell, shell.config.token)
    hall.sign_with(PluggedKey(keys, certificate, pin=read_pin(shell, shell.pin_file)))
    return hall


def tell_waiting(shell: Shell, business: Business) -> bool:
    """Whether it waits for approval, and how it goes on then."""
    if business.state != BUSINESS_STATE_WAITING_APPROVAL:
        return False
    number = business.registration_no
    shell.say(
        f"已提交，待复核人员复核：hpf approval show {number}；办理结果：hpf business {number}"
    )
    return True


def _choose(context: click.Context, _parameter: click.Parameter, chosen: bool) -> None:
    if chosen:
        context.ensure_object(Shell).sign = True


def _choose_file(context: click.Context, _parameter: click.Parameter, file: TextIO | None) -> None:
    if file is not None:
        context.ensure_object(Shell).pin_file = file
