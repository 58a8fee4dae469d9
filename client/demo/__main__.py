"""`python -m client.demo`: starts a hall of its own, tells the story, leaves papers in var/demo.

With `--keep` the hall stays, so that the `hpf` commands shown can be tried on it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from client.bus import Staff
from client.config import ClientConfig
from client.demo import accounts, approval, counter, money, reading
from client.demo.narrator import Narrator
from client.demo.story import Story
from client.errors import ClientError, HallError
from client.hall import Hall
from client.session_store import FileStore
from deploy.demo_ca import make_demo_pki
from deploy.local import infra
from deploy.local.commands import SetupError
from deploy.local.instance import Instance
from deploy.local.paths import ROOT, VAR
from services.kit.clock import business_date

INSTANCE = "demo"
FOLDER = VAR / "demo"
#: Wide enough for the people's table when the demo is piped into a file.
PIPE_COLUMNS = 160


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m client.demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the hall running afterwards")
    keep = parser.parse_args(arguments).keep
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    narrator = Narrator(console, root=ROOT)
    instance = Instance(INSTANCE)
    try:
        return perform(instance, narrator)
    except (ClientError, SetupError) as error:
        console.print(f"[bold red]演示中断：{error}[/bold red]")
        if isinstance(error, HallError):
            console.print(f"  {error.refusal}")
        console.print(f"  日志：{instance.logs}")
        keep = True
        return 1
    finally:
        if keep:
            console.print("服务仍在运行：export HPF_CONFIG=var/demo/hpf.toml 后可用 hpf 命令；")
            console.print(f"停止：python -m deploy.local down --name {INSTANCE}")
        else:
            instance.close(drop=True)
            infra.stop()


def perform(instance: Instance, narrator: Narrator) -> int:
    """Start afresh, tell the story; the exit code."""
    narrator.step("启动：数据库、消息总线、五个服务、网关和回单生成")
    instance.close(drop=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    instance.prepare()
    pki = make_demo_pki(instance.root / "pki", trust_dir=instance.trust_dir)
    instance.start()
    config = ClientConfig(
        edge=instance.edge_target,
        ca_file=str(instance.ca_pem),
        softhsm_conf=str(instance.root / "pki" / "tokens" / "usbkey" / "softhsm2.conf"),
        session_file=str(FOLDER / "session.json"),
        amqp_uri=instance.bus_uri("staff"),
        operator_uri=instance.bus_uri("operator"),
        bus_users=instance.bus_users,
        namespace=instance.namespace,
        staff="demo",
        sms_outbox=str(instance.sms_outbox),
    )
    # The broker's password is inside.
    toml = FOLDER / "hpf.toml"
    toml.touch(mode=0o600)
    toml.write_text(config.to_toml(), encoding="utf-8")
    narrator.say(f"网上业务大厅：{instance.edge_target}")
    store = FileStore(config.session_path())
    staff = Staff(config)
    try:
        with Hall(config.edge, ca_pem=config.ca_pem(), store=store) as hall:
            story = Story(
                hall=hall,
                new_hall=lambda: Hall(config.edge, ca_pem=config.ca_pem()),
                staff=staff,
                pki=pki,
                sms_outbox=instance.sms_outbox,
                folder=FOLDER,
                today=business_date(datetime.now(UTC)),
                tell=narrator,
            )
            play(story)
    finally:
        staff.close()
    return narrator.end()


def play(story: Story) -> None:
    """The acts in order."""
    key = counter.register_employers(story)
    counter.log_in(story, key)
    accounts.open_accounts(story)
    money.pay_in(story)
    money.remit(story)
    reading.ask(story)
    reading.collect_papers(story)
    approval.submit_and_approve(story)
    reading.check_books(story)


if __name__ == "__main__":
    sys.exit(main())
