"""What codes are called on the screen. National codes only; a city's own tables live in the hall."""

from __future__ import annotations

from hpf.common.v1 import approval_pb2, business_pb2
from hpf.receipt.v1 import receipt_service_pb2

ACCOUNT_STATUS = {
    "01": "正常",
    "02": "封存",
    "03": "合并销户",
    "04": "外部转出销户",
    "05": "提取销户",
    "06": "冻结",
    "99": "其他",
}

EMPLOYER_STATUS = {"01": "正常", "02": "开户", "03": "缓缴", "04": "销户", "05": "封存"}

BUSINESS_KIND = {
    business_pb2.BUSINESS_KIND_REGISTER_EMPLOYER: "单位开户",
    business_pb2.BUSINESS_KIND_OPEN_ACCOUNTS: "个人账户设立",
    business_pb2.BUSINESS_KIND_SEAL: "个人封存",
    business_pb2.BUSINESS_KIND_UNSEAL: "个人启封",
    business_pb2.BUSINESS_KIND_TRANSFER: "个人账户同城转移",
    business_pb2.BUSINESS_KIND_PROFILE_CHANGE: "单位基本资料变更",
    business_pb2.BUSINESS_KIND_RATE_CHANGE: "缴存比例调整",
    business_pb2.BUSINESS_KIND_BASE_CHANGE: "缴存基数调整",
    business_pb2.BUSINESS_KIND_CLOSE_EMPLOYER: "单位注销",
    business_pb2.BUSINESS_KIND_REMITTANCE: "汇缴",
    business_pb2.BUSINESS_KIND_BACK_PAYMENT: "补缴",
    business_pb2.BUSINESS_KIND_BANK_PAYMENT: "单位来款",
    business_pb2.BUSINESS_KIND_ANNUAL_INTEREST: "年度结息",
    business_pb2.BUSINESS_KIND_REVERSAL: "冲正",
}

BUSINESS_STATE = {
    business_pb2.BUSINESS_STATE_PENDING: "办理中",
    business_pb2.BUSINESS_STATE_POSTED: "已办结",
    business_pb2.BUSINESS_STATE_REJECTED: "未通过",
    business_pb2.BUSINESS_STATE_WAITING_APPROVAL: "待复核",
}

WAITING_STATE = {
    approval_pb2.WAITING_STATE_WAITING: "待复核",
    approval_pb2.WAITING_STATE_APPROVED: "复核通过",
    approval_pb2.WAITING_STATE_REJECTED: "退回",
    approval_pb2.WAITING_STATE_WITHDRAWN: "撤回",
    approval_pb2.WAITING_STATE_EXPIRED: "过期失效",
}

PROFILE_FIELD = {
    "name": "单位名称",
    "uscc": "统一社会信用代码",
    "address": "单位地址",
    "postcode": "单位邮编",
    "founded_on": "单位设立日期",
    "supervising_department": "主管部门",
    "unit_kind": "单位性质",
    "ownership": "所有制性质",
    "affiliation": "隶属关系",
    "economic_type": "经济类型",
    "industry": "所属行业",
    "legal_representative": "法人代表姓名",
    "legal_representative_id_type": "法人代表证件类型",
    "legal_representative_id_number": "法人代表证件号码",
    "pay_day": "单位发薪日",
    "agent_name": "经办人姓名",
    "agent_mobile": "经办人手机号码",
}

RECEIPT_STATE = {
    receipt_service_pb2.RECEIPT_STATE_PENDING: "生成中",
    receipt_service_pb2.RECEIPT_STATE_READY: "可下载",
    receipt_service_pb2.RECEIPT_STATE_FAILED: "生成失败",
}

PAPER = {
    receipt_service_pb2.PAPER_RECEIPT: "业务回单",
    receipt_service_pb2.PAPER_CERTIFICATE: "缴存证明",
    receipt_service_pb2.PAPER_VOUCHER: "缴存凭证",
}

VERDICT = {
    receipt_service_pb2.VERDICT_GENUINE: "真实有效：由本中心出具",
    receipt_service_pb2.VERDICT_ALTERED: "已被改动：与本中心出具的文件不一致",
    receipt_service_pb2.VERDICT_UNKNOWN: "未查到：不是本中心出具的文件或验证码",
}
