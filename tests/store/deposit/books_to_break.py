"""Small books that are right, and everything that makes them wrong: what breaks each invariant, behind the guards."""

from __future__ import annotations

# Employer E was paid in 300.00 and remitted 100.00 for account A in June 2019, which got 0.05 of interest on its 1,100
# yuan-days; July's remittance r4 was taken back by r5. B has no money, and so no interest. Two payments for nobody wait;
# a third was allocated to F, whose remittance p1 is on its way.
GOOD_BOOKS = """
    INSERT INTO employer_fund (employer_no, name, branch_name, agent_name, status, suspense_fen, balance_fen,
        pending_registration_no) VALUES
        ('E', 'n', 'b', 'a', '01', 20000, 10005, NULL), ('F', 'n', 'b', 'a', '01', 900, 0, 'p1');
    INSERT INTO account_fund (account_no, employer_no, balance_fen, paid_through_month, product_yuan_days,
        product_from, product_through) VALUES
        ('A', 'E', 10005, 201906, 3000, '2019-07-01', '2019-07-21'),
        ('B', 'E', 0, 0, 0, '2019-07-01', '2019-07-01');
    INSERT INTO account_holder (account_no, name, id_type, id_number_sealed, status, opened_on, revision) VALUES
        ('A', 'n', '01', '', '01', '2019-06-01', 1), ('B', 'n', '01', '', '01', '2019-06-01', 1);
    INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,
        transaction_type, summary, credit_fen, debit_fen, balance_after_fen, base_fen, from_month, to_month,
        interest_year, corrects_serial_no) VALUES
        (1, 'A', 'E', 'r2', '2019-06-20', '01', '0', '1219', 10000, 0, 10000, 0, 201906, 201906, NULL, NULL),
        (2, 'A', 'E', 'r3', '2019-06-30', '09', '0', '1231', 5, 0, 10005, 0, 0, 0, 2019, NULL),
        (3, 'A', 'E', 'r4', '2019-07-11', '01', '0', '1219', 10000, 0, 20005, 0, 201907, 201907, NULL, NULL),
        (4, 'A', 'E', 'r5', '2019-07-21', '01', '8', '1223', 0, 10000, 10005, 0, 201907, 201907, NULL, 3);
    INSERT INTO journal_entry (entry_no, registration_no, posted_on, memo, corrects_entry_no, bank_reference)
        OVERRIDING SYSTEM VALUE VALUES
        (1, 'r1', '2019-06-10', 'm', NULL, 'b1'), (2, 'r2', '2019-06-20', 'm', NULL, ''),
        (3, 'r3', '2019-06-30', 'm', NULL, ''), (4, 'r4', '2019-07-11', 'm', NULL, ''),
        (5, 'r5', '2019-07-21', 'm', 4, ''), (6, 'r6', '2019-07-21', 'm', NULL, 'u1'),
        (7, 'r7', '2019-07-21', 'm', NULL, 'u2'), (8, 'r8', '2019-07-21', 'm', NULL, 'u3'),
        (9, 'r9', '2019-07-21', 'm', NULL, 'u3');
    INSERT INTO journal_leg (entry_no, leg, account_code, employer_no, amount_fen) VALUES
        (1, 1, '1001', 'E', 30000), (1, 2, '2001', 'E', -30000),
        (2, 1, '2001', 'E', 10000), (2, 2, '2002', 'E', -10000),
        (3, 1, '6001', 'E', 5), (3, 2, '2002', 'E', -5),
        (4, 1, '2001', 'E', 10000), (4, 2, '2002', 'E', -10000),
        (5, 1, '2001', 'E', -10000), (5, 2, '2002', 'E', 10000),
        (6, 1, '1001', '', 500), (6, 2, '2009', '', -500),
        (7, 1, '1001', '', 700), (7, 2, '2009', '', -700),
        (8, 1, '1001', '', 900), (8, 2, '2009', '', -900),
        (9, 1, '2009', '', 900), (9, 2, '2001', 'F', -900);
    INSERT INTO bank_payment (bank_reference, employer_no, amount_fen, value_date, payer_name, registration_no,
        booked_on) VALUES
        ('b1', 'E', 30000, '2019-06-10', 'p', 'r1', '2019-06-10'),
        ('u1', 'X', 500, '2019-07-21', 'p', 'r6', '2019-07-21'),
        ('u2', 'X', 700, '2019-07-21', 'p', 'r7', '2019-07-21'),
        ('u3', 'X', 900, '2019-07-21', 'p', 'r8', '2019-07-21');
    INSERT INTO unallocated_payment VALUES ('u1', 500, 'x', '2019-07-21'), ('u2', 700, 'x', '2019-07-21');
    INSERT INTO allocation VALUES ('r9', 'u3');
    INSERT INTO remitted_month (employer_no, month, registration_no, headcount, amount_fen)
        VALUES ('E', 201906, 'r2', 1, 10000);
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        suspense_in_fen, suspense_out_fen, suspense_after_fen, balance_after_fen, from_month, to_month) VALUES
        ('E', 'r1', '2019-06-10', 12, 's', 0, 30000, 30000, 0, 30000, 0, 0, 0),
        ('E', 'r2', '2019-06-20', 10, 's', 1, 10000, 0, 10000, 20000, 10000, 201906, 201906),
        ('E', 'r3', '2019-06-30', 13, 's', 1, 5, 0, 0, 20000, 10005, 0, 0),
        ('E', 'r4', '2019-07-11', 10, 's', 1, 10000, 0, 10000, 10000, 20005, 201907, 201907),
        ('E', 'r5', '2019-07-21', 14, 's', 1, 10000, 10000, 0, 20000, 10005, 201907, 201907),
        ('F', 'r9', '2019-07-21', 12, 's', 0, 900, 900, 0, 900, 0, 0, 0);
    INSERT INTO business (registration_no, kind, employer_no, state, business_date, submitted_by, submitted_at,
        asked_at, finished, amount_fen, reversed_by) VALUES
        ('r4', 10, 'E', 2, '2019-07-11', 's', now(), now(), true, 10000, 'r5'),
        ('p1', 10, 'F', 1, '2019-07-21', 's', now(), now(), false, 0, NULL);
    INSERT INTO interest_run (run_no, fund_year, trial, rate_bp, employers, started_by, started_at)
        OVERRIDING SYSTEM VALUE VALUES (100, 2019, false, 150, 2, 's', now());
    INSERT INTO interest_share (run_no, employer_no, registration_no, accounts, product_yuan_days, amount_fen)
        VALUES (100, 'E', 'r3', 1, 1100, 5);
"""

# invariant → what breaks it, and the subject that is named.
BREAKS = {
    "the journal sums to zero": (
        "INSERT INTO journal_leg VALUES (1, 3, '1001', 'E', 5)",
        "journal",
    ),
    "every entry sums to zero": (
        "UPDATE journal_leg SET amount_fen = amount_fen + 1 WHERE entry_no = 2 AND leg = 1",
        "2",
    ),
    "every entry has its legs": ("DELETE FROM journal_leg WHERE entry_no = 3", "3"),
    "every leg is on the chart, of an employer that is known": (
        "UPDATE journal_leg SET account_code = '7777' WHERE entry_no = 6 AND leg = 1",
        "6 1",
    ),
    "a correcting entry mirrors the one it corrects": (
        "UPDATE journal_entry SET corrects_entry_no = 1 WHERE entry_no = 2",
        "2",
    ),
    "a business is taken back when its entry is": (
        "UPDATE business SET reversed_by = NULL",
        "r4",
    ),
    "personal balances equal the personal deposits account": (
        "UPDATE account_fund SET balance_fen = 1",
        "personal deposits",
    ),
    "each balance equals the sum of its lines": ("UPDATE account_fund SET balance_fen = 1", "A"),
    "each line shows the balance after it": (
        "UPDATE ledger_line SET balance_after_fen = 5 WHERE serial_no = 1",
        "1",
    ),
    "lines belong to an account": (
        "UPDATE ledger_line SET account_no = 'C' WHERE serial_no = 2",
        "C",
    ),
    "a line credits or debits": (
        "UPDATE ledger_line SET debit_fen = 7, credit_fen = credit_fen + 7 WHERE serial_no = 1",
        "1",
    ),
    "the lines of each business are what the journal says of its people": (
        "UPDATE ledger_line SET registration_no = 'r4' WHERE serial_no = 1",
        "r2 E",
    ),
    "each line bears the day of its business": (
        "UPDATE ledger_line SET posted_on = '2019-06-19' WHERE serial_no = 1",
        "1",
    ),
    "each paid-through month is that of the last line that stands": (
        "UPDATE account_fund SET paid_through_month = 201908",
        "A",
    ),
    "a correcting line takes back exactly the one it corrects": (
        "UPDATE ledger_line SET corrects_serial_no = 2 WHERE serial_no = 4",
        "4",
    ),
    "a line is taken back by the business that takes back its business": (
        "UPDATE ledger_line SET registration_no = 'r3' WHERE serial_no = 3",
        "4",
    ),
    "each daily product equals the ledger's": (
        "UPDATE account_fund SET product_yuan_days = 999",
        "A",
    ),
    "each product begins with the account, or with the year after its last settled one": (
        "UPDATE account_fund SET product_from = '2019-06-01', product_yuan_days = 4100 WHERE account_no = 'A'",
        "A",
    ),
    "nobody's year was settled without its interest": (
        "UPDATE account_fund SET product_from = '2020-07-01', product_through = '2020-07-01', product_yuan_days = 0;"
        "INSERT INTO interest_run (fund_year, trial, rate_bp, employers, started_by, started_at)"
        " VALUES (2020, false, 150, 2, 's', now())",
        "A 2020",
    ),
    "interest bears the last day of its fund year": (
        "UPDATE ledger_line SET interest_year = 2017 WHERE serial_no = 2",
        "2",
    ),
    "nothing is dated within a year after that was settled": (
        "UPDATE ledger_line SET posted_on = '2019-06-30' WHERE serial_no = 3",
        "3",
    ),
    "interest on the ledger equals the interest expense": (
        "UPDATE ledger_line SET interest_year = NULL",
        "interest",
    ),
    "each run paid an employer's people what it says": (
        "UPDATE interest_share SET amount_fen = 6",
        "2019 E",
    ),
    "each suspense equals its journal account": ("UPDATE employer_fund SET suspense_fen = 1", "E"),
    "each suspense equals what its statement lines moved": (
        "UPDATE statement_line SET suspense_in_fen = 1 WHERE registration_no = 'r1'",
        "E",
    ),
    "each employer's balance equals its people's": (
        "UPDATE employer_fund SET balance_fen = 1",
        "E",
    ),
    "each employer's balance equals its journal account": (
        "UPDATE employer_fund SET balance_fen = 1",
        "E",
    ),
    "an employer waits for a business as long as that has no outcome": (
        "UPDATE employer_fund SET pending_registration_no = 'nope' WHERE employer_no = 'E'",
        "nope E",
    ),
    "every business that moves an employer's money is on its statement": (
        "DELETE FROM statement_line WHERE registration_no = 'r3'",
        "r3 E",
    ),
    "a business is on an employer's statement once": (
        "INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,"
        " suspense_after_fen, balance_after_fen) VALUES ('E', 'r3', '2019-06-30', 13, 's', 1, 5, 20000, 10005)",
        "r3 E",
    ),
    "each posted business is on its employer's statement with its amount": (
        "UPDATE business SET amount_fen = 9999 WHERE registration_no = 'r4'",
        "r4 E",
    ),
    "each statement line bears the day of its entry": (
        "UPDATE journal_entry SET posted_on = '2019-06-11' WHERE entry_no = 1",
        "r1 E",
    ),
    "each statement line says what its business moved": (
        "UPDATE statement_line SET amount_fen = 5 WHERE registration_no = 'r2'",
        "r2 E",
    ),
    "each statement line moves the suspense as its business did": (
        "UPDATE statement_line SET suspense_in_fen = 3, suspense_out_fen = 10003 WHERE registration_no = 'r2'",
        "r2 E",
    ),
    "each statement line shows the suspense after it": (
        "UPDATE statement_line SET suspense_after_fen = 5 WHERE registration_no = 'r1'",
        "r1 E",
    ),
    "each statement line shows the balance after it": (
        "UPDATE statement_line SET balance_after_fen = 5 WHERE registration_no = 'r5'",
        "r5 E",
    ),
    "each statement line counts the people of its ledger lines": (
        "UPDATE statement_line SET headcount = 99 WHERE registration_no = 'r2'",
        "r2 E",
    ),
    "an employer's remitted months have no gap": (
        "INSERT INTO remitted_month VALUES ('E', 201909, 'r2', 0, 0)",
        "E",
    ),
    "each remittance that stands has its months, and each month its remittance": (
        "DELETE FROM remitted_month",
        "r2 E",
    ),
    "each remitted month's amount is on the ledger": (
        "UPDATE remitted_month SET amount_fen = 1",
        "E 201906",
    ),
    "each remitted month's people are on the ledger": (
        "UPDATE remitted_month SET headcount = 99",
        "E 201906",
    ),
    "every payment of the bank is in the journal": (
        "UPDATE bank_payment SET amount_fen = 1 WHERE bank_reference = 'b1'",
        "b1",
    ),
    "a payment was booked to whom the payer stated, or to nobody": (
        "UPDATE bank_payment SET employer_no = 'F'",
        "b1",
    ),
    "every entry of the bank is of a payment": (
        "DELETE FROM bank_payment WHERE bank_reference = 'b1'",
        "1",
    ),
    "a payment of the bank is booked once": (
        "UPDATE journal_entry SET bank_reference = 'u1' WHERE entry_no = 1",
        "u1",
    ),
    "what a reversal takes off the bank's account is a payment recalled": (
        "INSERT INTO bank_recall VALUES ('x9', 'r1', '2019-06-11')",
        "x9",
    ),
    "a payment is booked anew only when it was recalled": (
        "INSERT INTO bank_payment VALUES ('b1', 'E', 30000, '2019-06-10', 'p', 'x9', '2019-06-11', 'r1')",
        "x9",
    ),
    "payments that wait for allocation equal the unallocated account": (
        "INSERT INTO unallocated_payment VALUES ('b1', 5, 'x', '2019-07-21')",
        "unallocated",
    ),
    "each payment waits for allocation with what the journal has for it": (
        "UPDATE unallocated_payment SET amount_fen = 1200 - amount_fen",
        "u2",
    ),
    "every allocation is in the journal, and every such entry an allocation": (
        "DELETE FROM allocation",
        "r9 u3",
    ),
}

# What else breaks an invariant → which, and the subject that is named.
ALSO_BREAKS = {
    "the last line's balance": (
        "UPDATE ledger_line SET balance_after_fen = 1 WHERE serial_no = 4",
        "each line shows the balance after it",
        {"4"},
    ),
    "the last statement line's suspense": (
        "UPDATE statement_line SET suspense_after_fen = 1 WHERE registration_no = 'r5'",
        "each statement line shows the suspense after it",
        {"r5 E"},
    ),
    "a month credited twice to somebody": (
        "INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,"
        " summary, balance_after_fen, base_fen, from_month, to_month)"
        " VALUES (5, 'A', 'E', 'r2', '2019-06-20', '01', '1219', 10005, 0, 201906, 201906)",
        "each remitted month's people are on the ledger",
        {"E 201906"},
    ),
    "a month credited to somebody twice in another's place": (
        "INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,"
        " summary, balance_after_fen, base_fen, from_month, to_month)"
        " VALUES (5, 'A', 'E', 'r2', '2019-06-20', '01', '1219', 10005, 0, 201906, 201906);"
        "UPDATE remitted_month SET headcount = 2",
        "each remitted month's people are on the ledger",
        {"E 201906"},
    ),
    "a month credited by another remittance too": (
        "INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,"
        " summary, balance_after_fen, base_fen, from_month, to_month)"
        " VALUES (5, 'B', 'E', 'r4', '2019-07-11', '01', '1219', 0, 0, 201906, 201906)",
        "each remitted month's people are on the ledger",
        {"E 201906"},
    ),
    "lines of another employer": (
        "UPDATE ledger_line SET employer_no = 'F' WHERE serial_no = 1",
        "the lines of each business are what the journal says of its people",
        {"r2 E", "r2 F"},
    ),
    "a line of a business without entry": (
        "UPDATE ledger_line SET registration_no = 'zz' WHERE serial_no = 2",
        "the lines of each business are what the journal says of its people",
        {"r3 E", "zz E"},
    ),
    "a correction of a line that is not there": (
        "DELETE FROM ledger_line WHERE serial_no = 3",
        "a correcting line takes back exactly the one it corrects",
        {"4"},
    ),
    "a correction of another month": (
        "UPDATE ledger_line SET from_month = 201908, to_month = 201908 WHERE serial_no = 4",
        "a correcting line takes back exactly the one it corrects",
        {"4"},
    ),
    "a rejected business that is on the statement": (
        "UPDATE business SET state = 3 WHERE registration_no = 'r4'",
        "each posted business is on its employer's statement with its amount",
        {"r4 E"},
    ),
    "accounts of nobody": (
        "DELETE FROM account_holder",
        "each product begins with the account, or with the year after its last settled one",
        {"A", "B"},
    ),
    "an entry without lines": (
        "DELETE FROM ledger_line WHERE serial_no = 2",
        "the lines of each business are what the journal says of its people",
        {"r3 E"},
    ),
    "an entry of another business": (
        "UPDATE journal_entry SET registration_no = 'zz' WHERE entry_no = 2",
        "every business that moves an employer's money is on its statement",
        {"zz E"},
    ),
    "an entry from a place to the same place": (
        "INSERT INTO journal_entry (entry_no, registration_no, posted_on, memo, bank_reference)"
        " OVERRIDING SYSTEM VALUE VALUES (10, 'r10', '2019-07-21', 'm', 'u1');"
        "INSERT INTO journal_leg VALUES (10, 1, '1001', '', 500), (10, 2, '1001', '', -500)",
        "every entry has its legs",
        {"10"},
    ),
    "a payment booked once more under another number": (
        "INSERT INTO journal_entry (entry_no, registration_no, posted_on, memo, bank_reference)"
        " OVERRIDING SYSTEM VALUE VALUES (10, 'r10', '2019-07-21', 'm', 'u1');"
        "INSERT INTO journal_leg VALUES (10, 1, '1001', '', 500), (10, 2, '2009', '', -500)",
        "every entry of the bank is of a payment",
        {"10"},
    ),
    "a payment that waits no more": (
        "DELETE FROM unallocated_payment WHERE bank_reference = 'u1'",
        "each payment waits for allocation with what the journal has for it",
        {"u1"},
    ),
    "an allocation of nothing": (
        "INSERT INTO allocation VALUES ('r1', 'b1')",
        "every allocation is in the journal, and every such entry an allocation",
        {"r1 b1"},
    ),
    "legs of an employer that is not known": (
        "UPDATE journal_leg SET employer_no = 'X' WHERE entry_no = 3",
        "every leg is on the chart, of an employer that is known",
        {"3 1", "3 2"},
    ),
    "a posted business that is on no statement": (
        "UPDATE business SET state = 2 WHERE registration_no = 'p1'",
        "each posted business is on its employer's statement with its amount",
        {"p1 F"},
    ),
    "a business that is marked as taken back": (
        "UPDATE business SET reversed_by = 'r9' WHERE registration_no = 'r4'",
        "a business is taken back when its entry is",
        {"r4"},
    ),
    "a business for which nobody waits": (
        "UPDATE employer_fund SET pending_registration_no = NULL",
        "an employer waits for a business as long as that has no outcome",
        {"p1 F"},
    ),
    "an employer that waits for a business with its outcome": (
        "UPDATE business SET finished = true",
        "an employer waits for a business as long as that has no outcome",
        {"p1 F"},
    ),
    "a month remitted by a business that was taken back": (
        "INSERT INTO remitted_month VALUES ('E', 201907, 'r4', 1, 10000)",
        "each remittance that stands has its months, and each month its remittance",
        {"r4 E"},
    ),
    "months other than the statement's": (
        "UPDATE statement_line SET from_month = 201905 WHERE registration_no = 'r2'",
        "each remittance that stands has its months, and each month its remittance",
        {"r2 E"},
    ),
    "a product that begins after a year that no run settled": (
        "UPDATE account_fund SET product_from = '2020-07-01', product_through = '2020-07-01', product_yuan_days = 0",
        "each product begins with the account, or with the year after its last settled one",
        {"A", "B"},
    ),
    "interest that was not paid": (
        "DELETE FROM ledger_line WHERE serial_no = 2",
        "nobody's year was settled without its interest",
        {"A 2019"},
    ),
    "interest of no year": (
        "UPDATE ledger_line SET interest_year = NULL",
        "interest bears the last day of its fund year",
        {"2"},
    ),
}
