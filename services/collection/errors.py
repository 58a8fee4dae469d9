"""The closed list of reasons that collection gives, besides those any service may give."""

from services.kit.errors import Kind, Reason

EMPLOYER_UNKNOWN = Reason("EMPLOYER_UNKNOWN", Kind.NOT_FOUND, "no such employer", "单位账号不存在")
EMPLOYER_EXISTS = Reason(
    "EMPLOYER_EXISTS",
    Kind.EXISTS,
    "an open employer has this uscc: {employer_no}",
    "该统一社会信用代码已开户，单位账号 {employer_no}",
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
BRANCH_UNKNOWN = Reason("BRANCH_UNKNOWN", Kind.INPUT, "no such branch", "经办机构代码不存在")
CODE_UNKNOWN = Reason("CODE_UNKNOWN", Kind.INPUT, "the code is not in its table", "代码不存在")
USCC_INVALID = Reason(
    "USCC_INVALID",
    Kind.INPUT,
    "the unified social credit code is not valid",
    "统一社会信用代码不正确",
)
MOBILE_INVALID = Reason(
    "MOBILE_INVALID", Kind.INPUT, "the mobile number is not valid", "手机号码不正确"
)
ID_NUMBER_INVALID = Reason(
    "ID_NUMBER_INVALID", Kind.INPUT, "the id number is not valid", "证件号码不正确"
)
RATE_OUTSIDE_POLICY = Reason(
    "RATE_OUTSIDE_POLICY",
    Kind.INPUT,
    "a rate must lie between {floor} and {ceiling} percent",
    "缴存比例应在 {floor}% 至 {ceiling}% 之间，且下限不高于上限",
)
RATE_OUTSIDE_LIMITS = Reason(
    "RATE_OUTSIDE_LIMITS",
    Kind.INPUT,
    "a rate must lie within the employer's limits",
    "缴存比例应在单位缴存比例上下限 {floor}%–{ceiling}% 之内",
)
MONTH_INVALID = Reason(
    "MONTH_INVALID", Kind.INPUT, "a month is written YYYYMM", "年月格式应为 YYYYMM"
)
BASE_BELOW_FLOOR = Reason(
    "BASE_BELOW_FLOOR",
    Kind.INPUT,
    "the base is below the floor {floor}",
    "个人缴存基数低于下限 {floor} 元",
)
BASE_ABOVE_CEILING = Reason(
    "BASE_ABOVE_CEILING",
    Kind.INPUT,
    "the base is above the ceiling {ceiling}",
    "个人缴存基数高于上限 {ceiling} 元",
)
MONTHLY_OUTSIDE_POLICY = Reason(
    "MONTHLY_OUTSIDE_POLICY",
    Kind.INPUT,
    "the monthly amount must lie between {floor} and {ceiling}",
    "月缴存额应在 {floor} 元至 {ceiling} 元之间",
)
EFFECTIVE_MONTH_PAID = Reason(
    "EFFECTIVE_MONTH_PAID",
    Kind.INPUT,
    "the effective month must come after {paid_through}",
    "启用年月应晚于缴至年月 {paid_through}",
)
EFFECTIVE_BEFORE_FIRST_MONTH = Reason(
    "EFFECTIVE_BEFORE_FIRST_MONTH",
    Kind.INPUT,
    "the effective month must not come before the employer's first month {first_month}",
    "启用年月不能早于单位首次汇缴年月 {first_month}",
)
ACCOUNT_ACTIVE_HERE = Reason(
    "ACCOUNT_ACTIVE_HERE",
    Kind.STATE,
    "the person has an open account in this employer",
    "该职工在本单位已有个人账户",
)
ACCOUNT_ACTIVE_ELSEWHERE = Reason(
    "ACCOUNT_ACTIVE_ELSEWHERE",
    Kind.STATE,
    "the person has an active account in another employer",
    "该职工在其他单位正常缴存，不能重复开户",
)
ACCOUNT_SEALED_ELSEWHERE = Reason(
    "ACCOUNT_SEALED_ELSEWHERE",
    Kind.STATE,
    "the person has a sealed account in another employer",
    "该职工在其他单位有封存账户，请由原单位办理个人账户同城转移",
)
ACCOUNT_TAKEN_MEANWHILE = Reason(
    "ACCOUNT_TAKEN_MEANWHILE",
    Kind.BUSY,
    "another employer opened an account for one of these people at the same moment",
    "名单中有职工刚由其他单位开户，请重新校验后提交",
    retry_after_ms=200,
)
NOTHING_DUE = Reason(
    "NOTHING_DUE",
    Kind.STATE,
    "nobody is due from {from_month} to {to_month}",
    "{from_month} 至 {to_month} 没有应缴职工",
)
DUE_IS_ZERO = Reason(
    "DUE_IS_ZERO",
    Kind.STATE,
    "what is due from {from_month} to {to_month} comes to nothing",
    "{from_month} 至 {to_month} 应缴金额为 0.00 元，不能汇缴，请先核对职工的缴存基数和缴存比例",
)
MONTHS_PAID = Reason(
    "MONTHS_PAID",
    Kind.STATE,
    "the employer is paid through {paid_through}",
    "终止年月应晚于缴至年月 {paid_through}",
)
TOO_MANY_MONTHS = Reason(
    "TOO_MANY_MONTHS",
    Kind.STATE,
    "at most {months} months are remitted at once: through {limit}",
    "一次汇缴最多 {months} 个月，终止年月不能晚于 {limit}",
)
FIRST_MONTH_OUTSIDE = Reason(
    "FIRST_MONTH_OUTSIDE",
    Kind.INPUT,
    "the first month lies between {floor} and {ceiling}",
    "首次汇缴年月应在 {floor} 至 {ceiling} 之间",
)
MONTH_IN_FUTURE = Reason(
    "MONTH_IN_FUTURE",
    Kind.STATE,
    "months after {current} may not be remitted yet",
    "终止年月不能晚于当前年月 {current}",
)
ACCOUNT_NOT_HERE = Reason(
    "ACCOUNT_NOT_HERE",
    Kind.STATE,
    "the employer has no open account of this number",
    "本单位没有此个人账户",
)
ACCOUNT_NOT_ACTIVE = Reason(
    "ACCOUNT_NOT_ACTIVE", Kind.STATE, "the account is not active", "个人账户不是正常状态"
)
ACCOUNT_NOT_SEALED = Reason(
    "ACCOUNT_NOT_SEALED", Kind.STATE, "the account is not sealed", "个人账户不是封存状态"
)
ACCOUNT_FROZEN = Reason(
    "ACCOUNT_FROZEN", Kind.STATE, "the account is frozen", "个人账户已冻结，不能办理此项业务"
)
SEALED_ALREADY = Reason(
    "SEALED_ALREADY",
    Kind.STATE,
    "the account is sealed from {month} on",
    "个人账户已办理封存，启用年月 {month}",
)
UNSEALED_ALREADY = Reason(
    "UNSEALED_ALREADY",
    Kind.STATE,
    "the account is unsealed from {month} on",
    "个人账户已办理启封，启用年月 {month}",
)
LATER_CHANGE_EXISTS = Reason(
    "LATER_CHANGE_EXISTS",
    Kind.STATE,
    "a change from {month} on was accepted before",
    "该账户已办理 {month} 起的变更，启用年月不能早于该月",
)
BASE_UNCHANGED = Reason(
    "BASE_UNCHANGED", Kind.INPUT, "the base is what it was", "调整后的缴存基数与调整前相同"
)
MONTHLY_OF_PEOPLE_OUTSIDE = Reason(
    "MONTHLY_OF_PEOPLE_OUTSIDE",
    Kind.INPUT,
    "at these rates {count} people would pay less than {floor} or more than {ceiling} a month: {accounts}",
    "按此比例有 {count} 人的月缴存额不在 {floor} 元至 {ceiling} 元之间（{accounts}），请先调整其缴存基数",
)
RATES_UNCHANGED = Reason(
    "RATES_UNCHANGED", Kind.INPUT, "the limits are what they were", "调整后的比例与调整前相同"
)
PROFILE_UNCHANGED = Reason(
    "PROFILE_UNCHANGED", Kind.INPUT, "nothing is changed", "没有修改任何内容"
)
FIELD_NOT_CHANGEABLE = Reason(
    "FIELD_NOT_CHANGEABLE",
    Kind.INPUT,
    "the field cannot be changed here",
    "此项资料不能在网上修改，请到管理部办理",
)
TARGET_UNKNOWN = Reason(
    "TARGET_UNKNOWN", Kind.INPUT, "no such target employer", "转入单位账号不存在"
)
TARGET_IS_SOURCE = Reason(
    "TARGET_IS_SOURCE", Kind.INPUT, "the target is the same employer", "转入单位不能是本单位"
)
TARGET_NOT_OPEN = Reason(
    "TARGET_NOT_OPEN",
    Kind.STATE,
    "the target employer is closed or sealed",
    "转入单位已封存或销户，不能转入",
)
TARGET_BUSY = Reason(
    "TARGET_BUSY",
    Kind.BUSY,
    "another business of the target employer is being posted",
    "转入单位有业务正在办理，请稍后重试",
    retry_after_ms=300,
)
OPEN_ACCOUNTS_LEFT = Reason(
    "OPEN_ACCOUNTS_LEFT",
    Kind.STATE,
    "the employer still has {count} open accounts",
    "单位下还有 {count} 个未销户的个人账户，不能注销",
)
BACK_MONTHS_NOT_PAID = Reason(
    "BACK_MONTHS_NOT_PAID",
    Kind.INPUT,
    "back payments end at {limit} at the latest",
    "截止年月不能晚于 {limit}",
)
BACK_BEFORE_FIRST_MONTH = Reason(
    "BACK_BEFORE_FIRST_MONTH",
    Kind.INPUT,
    "back payments begin with the employer's first month {first_month} at the earliest",
    "开始年月不能早于单位首次汇缴年月 {first_month}",
)
BACK_AMOUNT_NOT_FULL = Reason(
    "BACK_AMOUNT_NOT_FULL",
    Kind.INPUT,
    "a full back payment is monthly times months: {amount}",
    "正常全额补缴金额应为月缴存额乘以月数，即 {amount} 元",
)
BACK_PAYMENT_ROWS_REFUSED = Reason(
    "BACK_PAYMENT_ROWS_REFUSED",
    Kind.INPUT,
    "{rows} rows are refused by the roster",
    "有 {rows} 条补缴信息有误，未提交任何数据，请修改后重新提交",
)
POLICY_INVALID = Reason(
    "POLICY_INVALID",
    Kind.INPUT,
    "a floor is above its ceiling, or a value out of range",
    "政策参数不正确",
)
POLICY_HAS_BEGUN = Reason(
    "POLICY_HAS_BEGUN",
    Kind.STATE,
    "a policy that has begun is never changed; add one from a later day",
    "已生效的政策不能修改，请新增以后日期生效的政策",
)
CODE_LIST_UNKNOWN = Reason("CODE_LIST_UNKNOWN", Kind.INPUT, "no such code table", "代码表不存在")
LATER_MONTHS_REMITTED = Reason(
    "LATER_MONTHS_REMITTED",
    Kind.STATE,
    "months after {to_month} are remitted; the last remittance goes back first",
    "{to_month} 之后已有汇缴，请先冲正最后一次汇缴",
)
POLICY_MISSING = Reason(
    "POLICY_MISSING",
    Kind.STATE,
    "no policy row is valid on {day}",
    "{day} 没有有效的缴存政策，请联系管理中心",
)

REASONS: tuple[Reason, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Reason)
)
