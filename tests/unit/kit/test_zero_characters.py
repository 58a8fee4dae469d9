"""A zero character is found wherever a message can carry a text, and named by its path."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from hpf.common.v1 import business_pb2, worksheet_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.zero_characters import path_of_zero


def rows(*cells: dict[str, str]) -> Message:
    return worksheet_pb2.SaveWorksheetRequest(
        rows=[worksheet_pb2.WorksheetRowInput(cells=each) for each in cells]
    )


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (deposit.RecordBankPaymentRequest(payer_name="甲\0乙"), "payer_name"),
        (rows({"name": "李明"}, {"name": "\0"}), "rows[1].cells"),
        (rows({"name\0": "李明"}), "rows[0].cells"),
        (
            deposit.SubmitRemittanceResponse(business=business_pb2.Business(employer_no="\0")),
            "business.employer_no",
        ),
        (rows({"name": "李明"}), ""),
        # A zero byte that is no text: eight bytes of a number, or a file's content.
        (deposit.ReconcileBankRequest(content=b"a\0b"), ""),
    ],
)
def test_the_path_of_the_first_zero_is_told(message: Message, path: str) -> None:
    assert path_of_zero(message, message.SerializeToString()) == path
