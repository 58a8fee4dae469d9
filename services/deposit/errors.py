"""The closed list of reasons that deposit gives, besides those any service may give."""

from services.kit.errors import Kind, Reason

EMPLOYER_UNKNOWN = Reason(
    "EMPLOYER_UNKNOWN", Kind.NOT_FOUND, "no such employer in the books", "单位账号不存在"
)
EMPLOYER_CLOSED = Reason(
    "EMPLOYER_CLOSED", Kind.STATE, "the employer is closed", "单位已销户，不能办理此项业务"
)
EMPLOYER_BUSY = Reason(
    "EMPLOYER_BUSY",
    Kind.BUSY,
    "another business of the employer is being posted: {registration_no}",
    "单位有业务正在办理（登记号 {registration_no}），请稍后重试",
    retry_after_ms=300,
)
INSUFFICIENT_SUSPENSE = Reason(
    "INSUFFICIENT_SUSPENSE",
    Kind.STATE,
    "due {due} is more than the available suspense {available}",
    "应缴金额 {due} 元大于暂存款可用余额 {available} 元，请先缴款",
)
MONTH_TOO_FAR = Reason(
    "MONTH_TOO_FAR",
    Kind.INPUT,
    "no remittance reaches that far ahead",
    "终止年月超出可办理的范围",
)
DUE_IS_ZERO = Reason(
    "DUE_IS_ZERO",
    Kind.STATE,
    "what is due comes to nothing",
    "应缴金额为 0.00 元，不能汇缴，请先核对职工的缴存基数和缴存比例",
)
DUE_CHANGED = Reason(
    "DUE_CHANGED",
    Kind.STATE,
    "due are {due} for {people} people, confirmed were {stated} for {stated_people}",
    "应缴已变为 {people} 人、{due} 元，与确认的 {stated_people} 人、{stated} 元不符，请重新试算后提交",
)
DUE_NOT_STATED = Reason(
    "DUE_NOT_STATED",
    Kind.INPUT,
    "a remittance that somebody approves states what was due",
    "需复核的汇缴应先试算，并填明应缴金额和人数",
)
MONTH_INVALID = Reason(
    "MONTH_INVALID", Kind.INPUT, "a month is written YYYYMM", "年月格式应为 YYYYMM"
)
AMOUNT_INVALID = Reason(
    "AMOUNT_INVALID", Kind.INPUT, "an amount must be positive", "金额必须大于零"
)
BANK_REFERENCE_INVALID = Reason(
    "BANK_REFERENCE_INVALID",
    Kind.INPUT,
    "a bank reference is 1 to 64 letters, digits and / ? : ( ) . , ' + _ -",
    "银行流水号应为 1 至 64 位的字母、数字或 / ? : ( ) . , ' + _ -",
)
BANK_REFERENCE_REUSED = Reason(
    "BANK_REFERENCE_REUSED",
    Kind.EXISTS,
    "the bank reference stands for another payment",
    "银行流水号已用于另一笔来款，请核对",
)
VALUE_DATE_OUTSIDE = Reason(
    "VALUE_DATE_OUTSIDE",
    Kind.INPUT,
    "a payment booked today has a value date from {first} to {last}",
    "到账日期应在 {first} 至 {last} 之间，请核对",
)

TARGET_UNKNOWN = Reason(
    "TARGET_UNKNOWN",
    Kind.STATE,
    "the target employer is not in the books",
    "转入单位账号不存在",
)
TARGET_CLOSED = Reason(
    "TARGET_CLOSED", Kind.STATE, "the target employer is closed", "转入单位已销户，不能转入"
)
ACCOUNT_NOT_HERE = Reason(
    "ACCOUNT_NOT_HERE",
    Kind.STATE,
    "{count} accounts are not this employer's, among them {accounts}",
    "有 {count} 个个人账号不属于本单位：{accounts}",
)
CLOSING_UNMET = Reason(
    "CLOSING_UNMET",
    Kind.STATE,
    "the employer still has money: {conditions}",
    "单位不满足注销条件：{conditions}",
)
BALANCE_LEFT = Reason(
    "BALANCE_LEFT",
    Kind.STATE,
    "its people have {amount} on their accounts",
    "职工个人账户余额合计 {amount} 元，尚未清零",
)
SUSPENSE_LEFT = Reason(
    "SUSPENSE_LEFT",
    Kind.STATE,
    "its suspense is {amount}",
    "单位暂存款余额 {amount} 元，尚未清零",
)
BUSINESS_PENDING = Reason(
    "BUSINESS_PENDING",
    Kind.STATE,
    "business {registration_no} has no outcome yet",
    "有业务尚未办结（登记号 {registration_no}）",
)

# ---------------------------------------------------------------- 补缴

ACCOUNT_UNKNOWN = Reason(
    "ACCOUNT_UNKNOWN",
    Kind.INPUT,
    "the employer has no such account",
    "个人账号不存在或不属于本单位",
)
MONTHS_BACKWARDS = Reason(
    "MONTHS_BACKWARDS",
    Kind.INPUT,
    "the last month is before the first",
    "截止年月不能早于开始年月",
)
MONTH_AHEAD = Reason(
    "MONTH_AHEAD",
    Kind.INPUT,
    "a back payment ends at {current} at the latest",
    "补缴截止年月不能晚于当前月份 {current}",
)
MONTHS_REPEATED = Reason(
    "MONTHS_REPEATED",
    Kind.INPUT,
    "shares a month with row {row}",
    "与第 {row} 行同一职工的补缴月份重叠",
)
MONTHS_PAID_IN_FULL = Reason(
    "MONTHS_PAID_IN_FULL",
    Kind.INPUT,
    "on the person's ledger {months} is paid in full; a difference is paid as ARBITRARY",
    "该职工 {months} 已全额缴存，不能重复办理正常全额补缴；如因基数或比例调整需补差额，请选择不定额补缴",
)
AMOUNT_DISAGREES = Reason(
    "AMOUNT_DISAGREES",
    Kind.INPUT,
    "the rows come to {total}",
    "补缴金额与清单合计 {total} 元不一致",
)
HEADCOUNT_DISAGREES = Reason(
    "HEADCOUNT_DISAGREES",
    Kind.INPUT,
    "the rows are about {people} people",
    "补缴人数与清单中的 {people} 人不一致",
)

# ---------------------------------------------------------------- 年度结息

FUND_YEAR_INVALID = Reason(
    "FUND_YEAR_INVALID",
    Kind.INPUT,
    "a fund year is the year of its 30 June",
    "结息年度应为该年度 6 月 30 日所在的年份，如 2019",
)
INTEREST_TOO_EARLY = Reason(
    "INTEREST_TOO_EARLY",
    Kind.STATE,
    "the fund year is not over, from {day} on interest can be posted; only a trial may run before",
    "结息年度尚未结束，{day} 起方可结息，此前只能试算",
)
INTEREST_YEAR_SKIPPED = Reason(
    "INTEREST_YEAR_SKIPPED",
    Kind.STATE,
    "fund year {year} is not settled yet, for one for account {account_no}",
    "{year} 年度尚未结息（如个人账号 {account_no}），请先完成该年度结息",
)
INTEREST_RATE_MISSING = Reason(
    "INTEREST_RATE_MISSING",
    Kind.STATE,
    "no interest rate is in force on {day}",
    "{day} 没有生效的利率，请先设置",
)
INTEREST_RATE_INVALID = Reason(
    "INTEREST_RATE_INVALID",
    Kind.INPUT,
    "a rate is 0 to 1000 basis points",
    "年利率应在 0.00% 至 10.00% 之间（如 1.50）",
)
INTEREST_RATE_SETTLED = Reason(
    "INTEREST_RATE_SETTLED",
    Kind.STATE,
    "interest was posted at the rate of {day}; a new rate counts from a later day",
    "{day} 及以前的利率已用于年度结息，不能修改，请登记以后日期的利率",
)
INTEREST_TRIAL_MISSING = Reason(
    "INTEREST_TRIAL_MISSING",
    Kind.STATE,
    "no trial of fund year {year} at the rate in force has finished since {day}",
    "{year} 年度在 {day} 以后没有按现行利率完成的试算，请先试算并核对后再入账",
)
INTEREST_TRIAL_MISMATCHED = Reason(
    "INTEREST_TRIAL_MISMATCHED",
    Kind.STATE,
    "trial {run_no} found {count} accounts whose product is not their ledger's",
    "试算（批次 {run_no}）有 {count} 个账户的计息积数与明细账不符，请查明重计后再次试算",
)
RUN_UNKNOWN = Reason("RUN_UNKNOWN", Kind.NOT_FOUND, "no such interest run", "没有该次结息")

# ---------------------------------------------------------------- given up

NOT_WAITING_FOR_ROSTER = Reason(
    "NOT_WAITING_FOR_ROSTER",
    Kind.STATE,
    "the business does not wait for the roster: it is decided",
    "该业务已有结果或款项已处理，不能终止",
)
GIVE_UP_TOO_EARLY = Reason(
    "GIVE_UP_TOO_EARLY",
    Kind.STATE,
    "an answer may still come; from {moment} on the business can be given up",
    "该业务仍可能正常办结，{moment} 后方可终止",
)
GIVEN_UP = Reason(
    "GIVEN_UP",
    Kind.STATE,
    "staff gave the business up: {why}",
    "该业务长时间未办结，已由工作人员终止：{why}。未作任何入账，请重新办理",
)

# ---------------------------------------------------------------- corrections

NOT_REVERSIBLE = Reason(
    "NOT_REVERSIBLE",
    Kind.STATE,
    "only remittances, back payments and bank payments can be taken back",
    "只有汇缴、补缴和单位来款可以冲正",
)
NOT_POSTED = Reason(
    "NOT_POSTED", Kind.STATE, "the business was not posted", "该业务未入账，无需冲正"
)
ALREADY_REVERSED = Reason(
    "ALREADY_REVERSED",
    Kind.STATE,
    "taken back already by {registration_no}",
    "该业务已冲正（登记号 {registration_no}）",
)
REVERSAL_BLOCKED = Reason(
    "REVERSAL_BLOCKED",
    Kind.STATE,
    "later business depends on it: {conditions}",
    "后续业务以该业务为基础，不能冲正：{conditions}",
)
LATER_REMITTANCE = Reason(
    "LATER_REMITTANCE",
    Kind.STATE,
    "months up to {month} were remitted since",
    "之后已汇缴至 {month}，请先冲正后面的汇缴",
)
LATER_BACK_PAYMENT = Reason(
    "LATER_BACK_PAYMENT",
    Kind.STATE,
    "{count} accounts were back paid for these months since: {accounts}",
    "之后已为 {count} 人补缴过这些月份（{accounts}），请先冲正补缴",
)
PEOPLE_LEFT = Reason(
    "PEOPLE_LEFT",
    Kind.STATE,
    "{count} accounts were transferred away since: {accounts}",
    "之后有 {count} 人转出过本单位：{accounts}",
)
BALANCE_SPENT = Reason(
    "BALANCE_SPENT",
    Kind.STATE,
    "{count} accounts have less than was credited: {accounts}",
    "有 {count} 人账户余额不足以冲回：{accounts}",
)
INTEREST_SINCE = Reason(
    "INTEREST_SINCE",
    Kind.STATE,
    "{count} accounts got annual interest on it: {accounts}",
    "有 {count} 人已就该笔资金结息：{accounts}",
)
SUSPENSE_SPENT = Reason(
    "SUSPENSE_SPENT",
    Kind.STATE,
    "only {available} of {amount} is left in suspense",
    "来款 {amount} 元已被使用，暂存款余额仅 {available} 元",
)

# ---------------------------------------------------------------- the bank's side

PAYMENT_STANDS = Reason(
    "PAYMENT_STANDS",
    Kind.STATE,
    "the booking {registration_no} still has its money; only one that was taken back is booked anew",
    "登记号 {registration_no} 的来款仍在账上（单位暂存款或待分配款项中），不能重新登记",
)
RECALL_DATE_OUTSIDE = Reason(
    "RECALL_DATE_OUTSIDE",
    Kind.INPUT,
    "the bank took the payment back from {first} to {last}",
    "银行收回日期应在 {first} 至 {last} 之间",
)
NOTHING_RECALLED = Reason(
    "NOTHING_RECALLED",
    Kind.STATE,
    "no money leaves the bank's account: there is no day of a recall",
    "该冲正不涉及银行收回款项，不应填写银行收回日期",
)
NOT_A_BANK_PAYMENT = Reason(
    "NOT_A_BANK_PAYMENT",
    Kind.STATE,
    "only a payment of the bank can be put aside to be allocated",
    "只有单位来款可以转为待分配",
)
PAYMENT_UNALLOCATED_ALREADY = Reason(
    "PAYMENT_UNALLOCATED_ALREADY",
    Kind.STATE,
    "the payment waits for allocation already",
    "该笔来款已在待分配中，无需再转",
)
PAYMENT_NOT_UNALLOCATED = Reason(
    "PAYMENT_NOT_UNALLOCATED",
    Kind.STATE,
    "no money of this payment waits for allocation",
    "该笔来款不存在或已分摊",
)
BANK_FILE_INVALID = Reason(
    "BANK_FILE_INVALID",
    Kind.INPUT,
    "the bank's file cannot be read: {fault}",
    "银行对账文件无法识别：{fault}",
)

REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
