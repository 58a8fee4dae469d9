"""Papers of the running hall: signed with the seal's key, verifiable by anyone, counted (manual 五 to 七)."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hpf.common.v1.business_pb2 import Business
from hpf.query.v1 import query_service_pb2 as query
from hpf.receipt.v1 import receipt_service_pb2 as pb
from pypdf import PdfReader

from client import titles
from client.cli.main import run
from client.config import ClientConfig
from client.errors import HallError
from client.hall import Hall
from client.signature_check import SignatureVerdict, check_signature, read_certificates
from deploy.local import programs
from tests.e2e.town import Employer, Town, eventually, wait_until

Hpf = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def employer(town: Town) -> Employer:
    """Two people with money to remit a month."""
    return town.settle(months_ago=1, headcount=2, paid_fen=300_000)


@pytest.fixture
def anybody(
    town: Town,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf` as somebody who knows the hall's address only; exit code, and all that was said."""
    settings = ClientConfig(edge=town.instance.edge_target, ca_file=str(town.instance.ca_pem))
    (tmp_path / "hpf.toml").write_text(settings.to_toml(), encoding="utf-8")
    monkeypatch.setenv("HPF_CONFIG", str(tmp_path / "hpf.toml"))

    def command(*arguments: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = run([str(each) for each in arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    return command


@pytest.fixture
def root_file(town: Town) -> Path:
    """The root that vouches for the seal."""
    return town.instance.trust_dir / "democa" / "ca.pem"


@pytest.fixture(scope="module")
def remittance(employer: Employer) -> Business:
    """One month: 2200.00 of 3000.00."""
    return employer.hall.outcome(employer.hall.submit_remittance(employer.first_month.to_int()))


@pytest.fixture(scope="module")
def receipt_file(
    employer: Employer, remittance: Business, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    return employer.hall.download_receipt(remittance.registration_no, folder).path


def flipped(path: Path) -> bytes:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    return bytes(content)


def opinion_of_poppler(path: Path, *command: str) -> str:
    """What `pdfsig` says of the file, or another of poppler's programs."""
    poppler = programs.poppler()
    program, *options = command or ("pdfsig", "-nocert")
    done = subprocess.run(
        [poppler.bin / program, *options, path],
        env=poppler.environment(),
        capture_output=True,
        check=False,
    )
    return done.stdout.decode()


def text_of(path: Path) -> str:
    """All text without white space."""
    return "".join("".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_a_receipt_is_signed_and_whole(town: Town, receipt_file: Path) -> None:
    roots = read_certificates((town.instance.trust_dir / "democa" / "ca.pem").read_bytes())

    opinion = opinion_of_poppler(receipt_file)

    assert "Signature is Valid" in opinion
    assert "Total document signed" in opinion
    assert check_signature(receipt_file.read_bytes(), trusted=roots) is SignatureVerdict.INTACT


def test_one_flipped_bit_is_seen_by_poppler_and_by_the_hall(
    town: Town, receipt_file: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(flipped(receipt_file))

    with Hall(town.instance.edge_target, ca_pem=town.instance.ca_pem.read_bytes()) as anyone:
        before = anyone.verify(content=receipt_file.read_bytes())
        after = anyone.verify(content=altered.read_bytes())

    assert before.verdict == pb.VERDICT_GENUINE
    assert after.verdict == pb.VERDICT_ALTERED
    assert "Signature is Valid" not in opinion_of_poppler(altered)


def test_hpf_verify_tells_a_genuine_file_and_shows_masked_facts_only(
    employer: Employer, receipt_file: Path, root_file: Path, anybody: Hpf
) -> None:
    code, told = anybody("verify", receipt_file, "--seal-ca", root_file)

    assert code == 0
    assert "签章有效，文件未被改动" in told
    assert "真实" in told
    assert "2,200.00" in told
    assert "贰仟贰佰元整" in told
    assert employer.name not in told
    assert employer.employer_no not in told
    assert employer.people[0]["name"] not in told


def test_hpf_verify_tells_one_flipped_bit_online_and_offline(
    receipt_file: Path, root_file: Path, anybody: Hpf, tmp_path: Path
) -> None:
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(flipped(receipt_file))

    online = anybody("verify", altered)
    offline = anybody("verify", altered, "--offline", "--seal-ca", root_file)

    assert online[0] == offline[0] == 1
    assert titles.VERDICT[pb.VERDICT_ALTERED] in online[1]
    assert "签章无效，文件已被改动" in offline[1]


def test_hpf_verify_knows_the_code_on_paper_and_no_other(
    employer: Employer, remittance: Business, receipt_file: Path, anybody: Hpf, tmp_path: Path
) -> None:
    printed = employer.hall.receipt(remittance.registration_no).verification_code
    foreign = tmp_path / "foreign.pdf"
    foreign.write_bytes(b"%PDF-1.4 of somebody else")

    as_typed = anybody("verify", f"{printed[:8].lower()}-{printed[8:]}")
    guessed = anybody("verify", printed[1:] + printed[0])
    unknown = anybody("verify", foreign)

    assert as_typed[0] == 0
    assert (guessed[0], unknown[0]) == (1, 1)
    assert titles.VERDICT[pb.VERDICT_UNKNOWN] in guessed[1]
    assert titles.VERDICT[pb.VERDICT_UNKNOWN] in unknown[1]
    assert "2,200.00" not in guessed[1] + unknown[1]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("employer", ("单位基本信息表", "统一社会信用代码", "暂存款余额", "800.00")),
        ("people", ("单位职工缴存信息表", "个人缴存基数", "5,000.00", "人数合计", "2人")),
        ("ledger", ("个人明细账", "贷方发生额", "汇缴", "1,100.00", "交易类型")),
        ("statement", ("单位缴存明细表", "暂存款转出合计", "2,200.00", "贰仟贰佰元整")),
    ],
)
def test_every_query_is_printed_with_its_faces_embedded(
    name: str, facts: tuple[str, ...], employer: Employer, remittance: Business, tmp_path: Path
) -> None:
    hall = employer.hall
    asked = {
        "employer": query.EmployerQuery(),
        "people": query.PeopleQuery(),
        "ledger": query.LedgerQuery(account_no=hall.people().people[0].account_no),
        "statement": query.StatementQuery(from_date="2000-01-01", to_date="2099-12-31"),
    }
    request = query.ExportQueryRequest(format=query.EXPORT_FORMAT_PRINT, **{name: asked[name]})

    file = hall.export_query(tmp_path / f"{name}.pdf", request).path

    text = text_of(file)
    for fact in (*facts, employer.employer_no, employer.name, "第1页/共1页"):
        assert fact in text, fact
    # pdffonts: name, type, encoding, then emb sub uni
    for line in opinion_of_poppler(file, "pdffonts").splitlines()[2:]:
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], line


def test_a_name_that_no_face_shows_stops_the_receipt_in_sight_of_the_staff(
    town: Town, anybody: Hpf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    employer = town.register()
    town.log_in(employer)
    [row] = town.new_people(1, effective_month=employer.first_month)
    sheet = employer.hall.worksheet("open_accounts")
    sheet.add([{**row, "name": "علي"}])
    business = employer.hall.outcome(sheet.submit())

    with pytest.raises(HallError) as refused:
        eventually(
            lambda: employer.hall.download_receipt(business.registration_no, tmp_path),
            reasons=("RECEIPT_UNKNOWN",),
        )

    assert refused.value.reason == "RECEIPT_FAILED"
    (tmp_path / "hpf.toml").write_text(town.config(employer).to_toml(), encoding="utf-8")
    code, told = anybody("admin", "receipts", "failed")
    assert code == 0
    assert business.registration_no in told
    assert "UNSHOWABLE_TEXT: no face shows U+0639 in table.rows[0]" in "".join(told.split("\n"))


def test_hpf_close_leaves_time_for_the_receipt_and_the_counter_has_it_later(
    town: Town, anybody: Hpf, tmp_path: Path
) -> None:
    employer = town.register()
    town.log_in(employer)
    (tmp_path / "hpf.toml").write_text(town.config(employer).to_toml(), encoding="utf-8")

    closed, told = anybody("close", "--reason", "01", "--yes")
    assert closed == 0, told
    advised = re.search(r"前下载回单：hpf receipt download (\d+)", "".join(told.split("\n")))
    assert advised, told
    number = advised[1]
    assert wait_until(lambda: "单位已注销" in anybody("people")[1])

    taken, _ = anybody("receipt", "download", number, "-o", tmp_path / "1.pdf")
    again, told = anybody("logout")
    late, _ = anybody("receipt", "download", number, "-o", tmp_path / "2.pdf")
    handed_out, _ = anybody("admin", "receipts", "download", number, "-o", tmp_path / "3.pdf")

    assert (taken, again, late, handed_out) == (0, 0, 3, 0), told
    assert "单位注销业务回单" in text_of(tmp_path / "1.pdf")
    assert "打印次数：1" in text_of(tmp_path / "1.pdf")
    assert "打印次数：2" in text_of(tmp_path / "3.pdf")
    assert number in anybody("admin", "receipts", "list", employer.employer_no)[1]


def test_a_certificate_asked_for_at_once_says_what_was_remitted(
    employer: Employer, remittance: Business, tmp_path: Path
) -> None:
    issued = employer.hall.issue_certificate()

    file = employer.hall.download_receipt(issued.document_no, tmp_path / "certificate.pdf")

    text = text_of(file.path)
    assert f"缴至年月{employer.first_month}" in text
    assert "正常缴存人数2人" in text
    assert "缴存余额2,200.00" in text
    assert employer.hall.verify(code=issued.verification_code).verdict == pb.VERDICT_GENUINE


def test_a_voucher_is_found_by_day_and_number_of_the_statement(
    employer: Employer, remittance: Business, tmp_path: Path
) -> None:
    hall = employer.hall
    line = hall.statement(from_date="2000-01-01", to_date="2099-12-31").lines[0]
    assert line.registration_no == remittance.registration_no

    voucher = hall.voucher(line.posted_on, line.registration_no)
    issued = hall.issue_voucher(line.posted_on, line.registration_no)
    hall.download_receipt(issued.document_no, tmp_path / "1.pdf")
    hall.download_receipt(issued.document_no, tmp_path / "2.pdf")

    assert voucher.facts[-1].value == "2,200.00"
    assert hall.receipt(issued.document_no).print_count == 2
