"""The role that a service runs as may do what the service does, and nothing else: by privilege, whatever triggers say."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from deploy.local import databases
from deploy.local.commands import run
from deploy.local.postgres import binaries
from services.kit import migrate as migration
from services.kit.grants import MayTooMuch
from services.kit.migrate import migrate
from services.kit.registry import SERVICES, store_of
from tests.owning import owning

#: Every table of every store, by what its service may do to rows beside reading and adding them. A new table belongs
#: into one of these, and nobody else can say into which.
KIT = {
    "outbox": "published_at",
    "subject_version": "version",
    "inbox": "",
    "answered_request": "status_code answer_sealed, delete",
}
SUBMITTED = {
    "worksheet": "everything",
    "worksheet_row": "everything",
    "worksheet_submission": "rows_sealed",
    "submission_evidence": "canonical_sealed",
    "waiting_submission": "state decided_at decider reason_sealed registration_no request_sealed canonical_sealed"
    " content_sealed",
}
COPIED = dict.fromkeys(("job", "replay", "replay_owner", "replay_difference"), "everything")
ORDINARY = {
    "auth": "binding employer employer_access login_attempt mobile_change session sms_order",
    "collection": "account account_term business code employer employer_rates mobile_change pending_saga policy"
    " roster_hold",
    "deposit": "account_fund account_holder business employer_fund given_answer interest_rate interest_run"
    " interest_share remitted_month unallocated_payment",
    "query": "applied_version code_title employer ledger_line made_print person statement_line",
    "receipt": "account employer heard_version receipt receipt_print reversed_business",
}
ONLY_GROWING = {
    "deposit": "ledger_line journal_entry journal_leg statement_line bank_payment bank_recall allocation"
    " back_payment back_payment_row",
}
RIGHTS = {
    service: KIT
    | (SUBMITTED if service in ("collection", "deposit") else {})
    | (COPIED if service in ("query", "receipt") else {})
    | dict.fromkeys(ORDINARY[service].split(), "everything")
    | dict.fromkeys(ONLY_GROWING.get(service, "").split(), "")
    for service in SERVICES
}
RIGHTS["auth"] |= {"audit_entry": "", "audit_head": "position hash seal"}
BESIDE = {
    "query": "applied_version code_title employer ledger_line person statement_line",
    "receipt": "account employer heard_version receipt reversed_business",
}
SEQUENCES = {
    "auth": "",
    "collection": "account_sequence employer_sequence registration_sequence waiting_sequence",
    "deposit": "registration_sequence serial_sequence waiting_sequence",
    "query": "",
    "receipt": "certificate_number",
}

#: Tables from which nothing is ever taken: every one without "delete" and "everything".
KEPT = [
    (service, table)
    for service in SERVICES
    for table, rights in RIGHTS[service].items()
    if rights != "everything" and "delete" not in rights
]
ONLY_ADDED_TO = [(service, table) for service, table in KEPT if not RIGHTS[service][table]]
TAKES = (
    "DELETE FROM {}",
    "TRUNCATE {}",
    "DROP TABLE {} CASCADE",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} ADD COLUMN more text",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "CREATE TRIGGER other BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE other AS ON INSERT TO {} DO INSTEAD NOTHING",
    "CREATE INDEX ON {} ((1))",
)
MAKES = (
    "CREATE TABLE public.made (a int)",
    "CREATE TABLE made AS SELECT 1",
    "CREATE TEMP TABLE made (a int)",
    "CREATE VIEW public.made AS SELECT 1",
    "CREATE FUNCTION public.made() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA made",
    "SET session_replication_role = replica",
    "DROP SCHEMA public CASCADE",
)


@pytest.fixture
def connection(
    request: pytest.FixtureRequest, connection_to: Callable[[str], Connection]
) -> Connection:
    """As the role that the service runs as, undone afterwards."""
    return connection_to(request.param)


def refused(connection: Connection, statement: str) -> bool:
    """Whether the server refuses it for want of a right, and for no other reason."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(text(statement))
    except DBAPIError as error:
        return getattr(error.orig, "pgcode", "") == "42501"
    else:
        return False
    finally:
        savepoint.rollback()


@pytest.mark.parametrize(("connection", "table"), KEPT, indirect=["connection"])
def test_nothing_is_taken_from_a_table_that_is_kept(connection: Connection, table: str) -> None:
    assert [each for each in TAKES if not refused(connection, each.format(table))] == []


@pytest.mark.parametrize(("connection", "table"), ONLY_ADDED_TO, indirect=["connection"])
def test_no_column_of_a_table_that_only_grows_is_changed(
    connection: Connection, table: str
) -> None:
    rows = connection.execute(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0"
        ),
        {"t": table},
    )
    columns = [row.attname for row in rows]

    assert columns
    changed = 'UPDATE {} SET "{}" = DEFAULT'
    assert [each for each in columns if not refused(connection, changed.format(table, each))] == []


@pytest.mark.parametrize(
    ("connection", "change"), list(product(SERVICES, MAKES)), indirect=["connection"]
)
def test_nothing_is_made_in_the_database(connection: Connection, change: str) -> None:
    assert refused(connection, change)


@pytest.mark.parametrize("connection", SERVICES, indirect=True)
def test_nobody_becomes_the_owner(connection: Connection) -> None:
    owner = connection.execute(text("SELECT current_user || '_owner'")).scalar_one()

    assert refused(connection, f"SET ROLE {owner}")
    assert refused(connection, f"GRANT {owner} TO CURRENT_USER")


def rights_in(connection: Connection, schema: str) -> dict[str, str]:
    """What the server says the role may do to each table, in the words of the lists above."""
    rows = connection.execute(text(_RIGHTS_IN), {"schema": schema}).all()
    assert [row.name for row in rows if row.more] == []
    found = {}
    for row in rows:
        if row.name == "alembic_version":
            assert not row.reads
            continue
        assert (row.reads, row.adds) == (True, True), row.name
        columns = "" if row.updates else " ".join(row.columns)
        everything = "everything" if row.updates and row.deletes else columns
        found[row.name] = f"{everything}, delete" if row.deletes and not row.updates else everything
    return found


_RIGHTS_IN = """
    SELECT c.relname AS name, has_table_privilege(c.oid, 'SELECT') AS reads, has_table_privilege(c.oid, 'INSERT') AS adds,
        has_table_privilege(c.oid, 'UPDATE') AS updates, has_table_privilege(c.oid, 'DELETE') AS deletes,
        has_table_privilege(c.oid, 'TRUNCATE, REFERENCES, TRIGGER') AS more,
        ARRAY(SELECT attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0
              AND has_column_privilege(c.oid, a.attnum, 'UPDATE')) AS columns
    FROM pg_class AS c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
"""


def in_any_order(rights: dict[str, str]) -> dict[str, set[str]]:
    return {name: set(each.replace(",", "").split()) for name, each in rights.items()}


@pytest.mark.parametrize("connection", SERVICES, indirect=True)
def test_each_table_of_a_store_is_in_one_list_and_has_its_rights(
    connection: Connection, request: pytest.FixtureRequest
) -> None:
    service = request.node.callspec.params["connection"]
    assert in_any_order(rights_in(connection, "public")) == in_any_order(RIGHTS[service])

    beside = dict.fromkeys(BESIDE.get(service, "").split(), "everything")
    if beside:
        assert rights_in(connection, "replayed") == beside
        assert refused(connection, "CREATE TABLE replayed.made (a int)")
        assert refused(connection, "TRUNCATE replayed.employer")
    assert {each.name for each in store_of(service).beside} == set(beside)


@pytest.mark.parametrize("connection", SERVICES, indirect=True)
def test_numbers_are_drawn_from_the_sequences_of_a_store_and_never_set(
    connection: Connection, request: pytest.FixtureRequest
) -> None:
    service = request.node.callspec.params["connection"]
    rows = connection.execute(
        text(
            "SELECT relname, has_sequence_privilege(oid, 'USAGE') AS drawn, has_sequence_privilege(oid, 'UPDATE') AS set"
            " FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
        )
    ).all()

    assert {row.relname for row in rows if row.drawn} == set(SEQUENCES[service].split())
    assert [row.relname for row in rows if row.set] == []


def test_what_triggers_keep_is_what_the_list_of_rights_keeps(
    connection_to: Callable[[str], Connection],
) -> None:
    """An installation with one role has the triggers alone."""
    guarded = connection_to("deposit").execute(
        text(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgname IN ('only_grows', 'stays')"
        )
    )
    listed = [*ONLY_GROWING["deposit"].split(), "submission_evidence"]

    assert sorted(guarded.scalars()) == sorted(listed)


@pytest.mark.parametrize("connection", ["receipt"], indirect=True)
def test_issued_documents_are_never_switched(connection: Connection) -> None:
    """The functions that put new tables in the place of running ones know which, whoever calls them."""
    before = connection.execute(text("SELECT 'public.receipt'::regclass::oid")).scalar_one()
    connection.execute(text("SELECT replayed.switch_tables()"))

    assert connection.execute(text("SELECT 'public.receipt'::regclass::oid")).scalar_one() == before
    assert rights_in(connection, "public")["account"] == "everything"
    assert rights_in(connection, "replayed")["account"] == "everything"


# ------------------------------------------------------------ migrating


@pytest.fixture
def own_store(superuser_url: str) -> Iterator[str]:
    """The URL of an empty database, as the role that a service would run as."""
    name, password = f"hpf_test_{secrets.token_hex(5)}", secrets.token_urlsafe(16)
    databases.create(superuser_url, [name], password=password, owner_password=password)
    yield databases.url_of(superuser_url, name=name, password=password)
    databases.drop(superuser_url, [name])


def told(capsys: pytest.CaptureFixture[str], *, ends: int = 0) -> str:
    """What the operator reads of a migration of deposit."""
    assert migration.main(["deposit"]) == ends
    shown = capsys.readouterr()
    return shown.out if not ends else shown.err


def may_delete_from(url: str, table: str) -> bool:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT has_table_privilege('{table}', 'DELETE')"))
        return bool(found.scalar())


def test_with_two_addresses_the_running_role_owns_nothing(
    own_store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    role = make_url(own_store).username
    nameless = make_url(own_store).set(password=None).render_as_string()
    monkeypatch.setenv("DEPOSIT_MIGRATE_DATABASE_URL", databases.as_owner(own_store))
    monkeypatch.setenv("DEPOSIT_DATABASE_URL", nameless)

    assert told(capsys) == f"deposit 0001 (run as {role}, which owns nothing)\n"
    assert may_delete_from(own_store, "business")
    assert not may_delete_from(own_store, "ledger_line")


def test_with_one_address_one_role_does_both_and_the_operator_is_told(
    own_store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = databases.as_owner(own_store)
    monkeypatch.setenv("DEPOSIT_DATABASE_URL", owner)

    assert told(capsys) == (
        "deposit 0001 (one role owns and runs it: what only grows is kept by triggers alone)\n"
    )
    engine = create_engine(owner, poolclass=NullPool)
    with pytest.raises(DBAPIError, match="never changed or deleted"), engine.begin() as connection:
        connection.execute(text("DELETE FROM ledger_line"))


def test_a_role_that_owns_the_tables_is_not_run_as_another(
    own_store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An installation with one role that is given a second: what is there must be handed over first."""
    role = make_url(own_store).username
    with owning(own_store) as connection:
        connection.execute(text(f"GRANT CREATE ON SCHEMA public TO {role}"))
    migrate("deposit", own_store)
    monkeypatch.setenv("DEPOSIT_MIGRATE_DATABASE_URL", databases.as_owner(own_store))
    monkeypatch.setenv("DEPOSIT_DATABASE_URL", own_store)

    assert f"{role} owns account_fund and" in told(capsys, ends=1)


def test_a_role_that_may_act_for_the_owner_is_not_run_as_another(
    own_store: str, superuser_url: str
) -> None:
    role, owner = make_url(own_store).username, databases.as_owner(own_store)
    assert role
    migrate("deposit", owner, role=role)
    with databases._superuser(superuser_url) as server:
        server.execute(f"GRANT {role}_owner TO {role}")

    with pytest.raises(MayTooMuch, match=f"{role} owns account_fund and"):
        migrate("deposit", owner, role=role)


def test_a_role_that_may_make_objects_elsewhere_is_not_run(own_store: str) -> None:
    role, owner = make_url(own_store).username, databases.as_owner(own_store)
    assert role
    with owning(own_store) as connection:
        connection.execute(text(f"CREATE SCHEMA more; GRANT CREATE ON SCHEMA more TO {role}"))

    with pytest.raises(MayTooMuch, match=f"{role} may create objects in schema more"):
        migrate("deposit", owner, role=role)


def test_a_right_that_was_given_by_hand_goes_with_the_next_migration(own_store: str) -> None:
    role, owner = make_url(own_store).username, databases.as_owner(own_store)
    migrate("deposit", owner, role=role)
    with owning(own_store) as connection:
        connection.execute(text(f"GRANT ALL ON ledger_line, outbox TO {role}"))
        connection.execute(text(f"GRANT CREATE ON SCHEMA public TO {role}"))
    assert may_delete_from(own_store, "ledger_line")

    migrate("deposit", owner, role=role)

    assert not may_delete_from(own_store, "ledger_line")
    engine = create_engine(own_store, poolclass=NullPool)
    with engine.connect() as connection:
        assert refused(connection, "CREATE TABLE public.made (a int)")
        assert in_any_order(rights_in(connection, "public")) == in_any_order(RIGHTS["deposit"])


def test_a_restored_dump_gets_its_rights_with_the_migration(
    own_store: str, new_store: Callable[[str], str], tmp_path: Path
) -> None:
    """The drill of docs/runbook.md, with a dump that has no rights in it."""
    role, target = str(make_url(own_store).username), databases.as_owner(own_store)
    dump = tmp_path / "receipt.dump"
    source = databases.as_owner(new_store("receipt"))
    for command in (
        ["pg_dump", "--format=custom", "--no-privileges", f"--file={dump}", plain(source)],
        ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={plain(target)}", str(dump)],
    ):
        run([binaries() / command[0], *command[1:]])
    assert not may_delete_from(own_store, "receipt_print")

    migrate("receipt", target, role=role)

    assert may_delete_from(own_store, "receipt_print")
    engine = create_engine(own_store, poolclass=NullPool)
    with engine.begin() as connection:
        assert in_any_order(rights_in(connection, "public")) == in_any_order(RIGHTS["receipt"])
        connection.execute(text("SELECT replayed.switch_tables()"))


def plain(url: str) -> str:
    """As PostgreSQL's own programs read it."""
    return url.replace("+psycopg2", "")


def test_a_store_of_one_role_is_handed_to_its_owner(own_store: str, superuser_url: str) -> None:
    """What `make up` does with a hall from before there were two roles, and docs/runbook.md elsewhere."""
    given = make_url(own_store)
    role, password = str(given.username), str(given.password)
    with databases._superuser(superuser_url) as server:
        server.execute(f"ALTER DATABASE {given.database} OWNER TO {role}")
    migrate("query", own_store)

    databases.create(superuser_url, [role], password=password, owner_password=password)
    migrate("query", databases.as_owner(own_store), role=role)

    engine = create_engine(own_store, poolclass=NullPool)
    with engine.connect() as connection:
        assert in_any_order(rights_in(connection, "public")) == in_any_order(RIGHTS["query"])
        assert refused(connection, "DROP TABLE person")
