"""What the deposit businesses and their entries are called on paper (national codes)."""

from __future__ import annotations

from collections.abc import Mapping

from hpf.common.v1 import business_pb2

#: Businesses that a voucher can be had of (manual §7.2), and what each is called.
KIND_TITLES: Mapping[int, str] = {
    business_pb2.BUSINESS_KIND_REMITTANCE: "汇缴",
    business_pb2.BUSINESS_KIND_BACK_PAYMENT: "补缴",
    business_pb2.BUSINESS_KIND_BANK_PAYMENT: "单位来款",
    business_pb2.BUSINESS_KIND_ANNUAL_INTEREST: "年度结息",
    business_pb2.BUSINESS_KIND_REVERSAL: "冲正",
}

TRANSACTION_TYPES: Mapping[str, str] = {
    "0": "正常",
    "1": "红字",
    "2": "蓝字",
    "6": "撤销",
    "7": "当日冲正",
    "8": "冲账",
    "9": "抹账",
}
