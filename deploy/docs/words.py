"""What a field of an event means by its name alone: one word for one thing, in every message.

A comment at the field in the proto says more, or says it otherwise; a name that means different things in different
messages has no place here. `undescribed` holds a contract test to it.
"""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    # whose and which
    "registration_no": "登记号 of the business",
    "reversed_registration_no": "登记号 of the business that is taken back",
    "employer_no": "单位账号",
    "employer_name": "单位名称",
    "target_employer_no": "单位账号 of the employer that people join",
    "target_employer_name": "单位名称 of the employer that people join",
    "source_employer_no": "单位账号 of the employer that people leave",
    "stated_employer_no": "单位账号 as the payer wrote it; it may be nobody's",
    "account_no": "个人账号",
    "account_nos": "个人账号 of everybody concerned",
    "document_no": "number of the document; a receipt's is its 登记号",
    "statement_no": "counts the lines of one employer's statement from 1",
    "session_id": "the session; no token",
    "change_no": "the change of the agent's mobile that waits",
    "bank_reference": "the bank's own reference; the same payment never has two",
    "print_key": "the paper that query asked for and receipt sets",
    "row_number": "row of the submitted list, from 1",
    "version": "version of that owner's last event about the employer",
    "revision": "counts what is told of the account; of two states the higher is the newer",
    "owner": "the service whose events these are",
    # states and parts
    "header": "the facts at the head of the receipt",
    "employer": "the employer as it stands after the event",
    "accounts": "the accounts as they stand after the event",
    "money": "the employer's money as it stands after the event",
    "statement": "the line on the employer's statement",
    "lines": "one after the other, in the order of the list",
    "business": "as it ended",
    "people": "everybody concerned, in the order of the list",
    "balances": "of everybody who moves",
    "months": "each month with what is due",
    "changes": "before and after, one by one",
    "before": "as it was",
    "after": "as it is now",
    "consistency": "a read that sends these sees the business",
    # how it went
    "posted": "true when the money was posted, false when nothing was",
    "accepted": "true when nothing speaks against it",
    "closed": "true when the employer's money side is closed",
    "rejection": "why not; unset when it was posted",
    "refusal": "why not; unset when it was accepted",
    "refusals": "the rows that are wrong",
    "retired": "true when it can be chosen no more",
    "signed": "true when it carries a signature",
    "changed_by": "the staff member's login",
    "set_by": "the staff member's login",
    "zh": "the sentence for the person",
    # counts
    "headcount": "people",
    "chunk": "which piece this is, from 1",
    "chunks": "how many pieces there are",
    "line_chunks": "how many LedgerLinesPosted follow",
    "product_yuan_days": "daily product: the sum of whole yuan over days",
    # who and where
    "name": "in the clear",
    "uscc": "统一社会信用代码",
    "id_type": "证件类型, code",
    "address": "postal",
    "postcode": "邮政编码",
    "supervising_department": "主管部门",
    "legal_representative": "法人代表, in the clear",
    "legal_representative_id_type": "证件类型, code",
    "pay_day": "发薪日, day of the month; 0 for none",
    "agent_name": "经办人, in the clear",
    "branch_code": "经办机构, code",
    "branch_name": "经办机构",
    "payer_name": "as the bank reports it",
    "issuer": "of the certificate, RFC 4514",
    "serial": "of the certificate, hexadecimal",
    "not_after": "last moment of the certificate, RFC 3339",
    # codes and titles
    "list": "name of the code table",
    "code": "in that table",
    "title": "in Chinese",
    "seal_reason_title": "封存原因 in Chinese",
    "unseal_kind_title": "启封类型 in Chinese",
    "close_reason_title": "注销原因 in Chinese",
    "summary": "摘要, code",
    "transaction_type": "交易类型, code: 0 正常, 7 当日冲正, 8 冲账",
    "field": "name of the column or field",
    "month": "YYYYMM",
    "valid_from": "first day on which it counts, YYYY-MM-DD",
    # files
    "sha256": "of the file, hexadecimal",
    "pdf_blob": "name of the file in the hall's own store; empty when there is none",
}
