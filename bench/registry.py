"""The directory, the search for services and the coverage of a country among many organisations: the SQL of each page against one query tuned by
hand for the same answer, the same page among a hundredth of them, and whether a word is ever looked for by reading everything.

The organisations come from INSERT … SELECT with the skew of real ones: most places have few and some have thousands, a few words stand in every
other name and most in hardly any, and so do languages and types of service.
"""

import io
import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from bench.database import run, scratch_database
from bench.rows import Row
from orgs.coverage.counting import coverage_by_part, coverage_by_type
from orgs.directory.filters import OrganisationFilter
from orgs.models import Organisation, Service, Territory, TerritoryScheme
from orgs.services.filters import ServiceFilter

SMALL, LARGE = 1_000, 100_000
SERVICES_EACH = 3
PLACES, WORDS, REPEATS, SAMPLED_WORDS = 8_000, 20_000, 9, 300
TWICE = 2.0


class Page(NamedTuple):
    name: str
    address: str
    tuned: str
    """One query with the number of all that are found in its first column, and the first twenty in the second."""


class Measured(NamedTuple):
    seconds: float
    sql: float
    queries: int
    tuned: float


def measure(scale: float) -> list[Row]:
    """Rows: for each page its SQL against the tuned query at 100 thousand × scale organisations, against itself at a hundredth of them, and its
    queries; and the share of words that are looked for by reading everything."""
    found: dict[int, dict[str, Measured]] = {}
    scanned = 0.0
    for size in (SMALL, LARGE):
        with scratch_database():
            call_command("prepare", stdout=io.StringIO())
            fill(round(size * scale))
            found[size] = {page.name: measured(page) for page in pages()}
            scanned = share_of_scanned_words()
    rows = []
    for name, large in found[LARGE].items():
        small = found[SMALL][name]
        rows += [
            Row(
                f"{name}, {LARGE * scale:,.0f} organisations, SQL", large.sql / large.tuned, "×",
                f"one query tuned by hand: {large.tuned * 1000:.1f} ms, the page's {large.sql * 1000:.1f} ms", limit=TWICE,
            ),
            Row(
                f"{name}, {LARGE * scale:,.0f} organisations, page", large.seconds * 1000, "ms",
                f"{SMALL * scale:,.0f} organisations: {small.seconds * 1000:.1f} ms",
            ),
            Row(
                f"{name}, more queries than with a hundredth", large.queries - small.queries, "queries",
                f"{small.queries} queries", limit=0,
            ),
        ]  # fmt: skip
    rows.append(Row("words looked for by reading everything", scanned, "%", f"{SAMPLED_WORDS} words", limit=0))
    return rows


def fill(size: int) -> None:
    """`size` organisations and three times as many services in 8,000 municipalities of fifty provinces."""
    scheme = TerritoryScheme.objects.create(code="bench", name="Bench")
    sizes = {"scheme": scheme.pk, "places": PLACES, "words": WORDS, "size": size, "services": size * SERVICES_EACH}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(PLACE_ROWS, sizes)
        # Nothing that triggers look after is wanted here, and of so many rows they would take minutes.
        for table in ("orgs_organisation", "orgs_service"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in ORGANISATION_ROWS.split(";"):
            cursor.execute(statement, sizes)
    run("VACUUM ANALYZE")


def pages() -> list[Page]:
    country, place = Territory.objects.get(code="C"), Territory.objects.get(code="P2")
    often = word(3)  # Which stands in every eighth service or so.
    asked = urlencode({"q": often, "territory": place.code, "language": "es"})
    parameters = {"place": place.pk, "language": "es", "word": f"'{often}':*"}
    return [
        Page("directory", f"{reverse('orgs:organisation_list')}?{asked}", mogrified(DIRECTORY_TUNED, parameters)),
        Page("services", f"{reverse('orgs:service_search')}?{asked}", mogrified(SERVICES_TUNED, parameters)),
        Page("coverage", reverse("orgs:coverage"), mogrified(COVERAGE_TUNED, {"place": country.pk})),
    ]


def word(rank: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT bench_word(%s)", [rank])
        return str(cursor.fetchone()[0])


def mogrified(sql: str, parameters: dict[str, Any]) -> str:
    with connection.cursor() as cursor:
        return cursor.cursor.mogrify(sql, parameters).decode()


def measured(page: Page) -> Measured:
    """Medians of the page, of its SQL, and of the tuned query, which must find the same number."""
    client = Client()
    pages, sql, tuned = [], [], []
    queries = 0
    with override_settings(ALLOWED_HOSTS=["*"], PUBLIC_PAGES_SECONDS=0):
        for _repeat in range(REPEATS):
            spent: list[float] = []
            with connection.execute_wrapper(timed(spent)):
                begun = time.perf_counter()
                answer = client.get(page.address, secure=True)
                pages.append(time.perf_counter() - begun)
            assert answer.status_code == 200, (page.address, answer.status_code)
            queries = len(spent)
            sql.append(sum(spent))
            begun = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute(page.tuned)
                best = cursor.fetchall()
            tuned.append(time.perf_counter() - begun)
    assert_same(page, best)
    return Measured(statistics.median(pages), statistics.median(sql), queries, statistics.median(tuned))


def timed(spent: list[float]) -> Callable[..., Any]:
    def wrapper(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append(time.perf_counter() - begun)

    return wrapper


def assert_same(page: Page, best: list[Any]) -> None:
    """What the page shows is what the tuned query found."""
    if page.name == "coverage":
        country = Territory.objects.get(code="C")
        shown = {("type", one.type.pk): one.offer for each in coverage_by_type(None) for one in each.types}
        shown |= {("domain", key): one for key, one in coverage_by_part([country])[country.pk].items()}
        assert {key: (one.cso, one.authority, one.other) for key, one in shown.items() if one.total} == {
            row[:2]: row[2:] for row in best
        }
        return
    asked = dict(parse_qsl(urlsplit(page.address).query))
    found: Any
    if page.name == "directory":
        found = OrganisationFilter(asked, Organisation.objects.published().order_by("name_folded", "pk")).qs
    else:
        found = ServiceFilter(asked, Service.objects.public().likeliest_first()).qs
    mine = (found.count(), [one.pk for one in found[:20]])
    assert mine == best[0], (page.name, mine, best[0])


def share_of_scanned_words() -> float:
    """In per cent: of words of every frequency those for which the directory or the search for services reads a whole table."""
    scanned = 0
    for number in range(SAMPLED_WORDS):
        sought = word(round(WORDS ** (number / SAMPLED_WORDS)))
        scanned += any(
            reads_all(found)
            for found in (
                OrganisationFilter({"q": sought}, Organisation.objects.published()).qs,
                ServiceFilter({"q": sought}, Service.objects.public()).qs,
            )
        )
    return 100 * scanned / SAMPLED_WORDS


def reads_all(found: Any) -> bool:
    """Whether the words of names or services are compared in every row of their table."""
    sql, parameters = found.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
    return any(
        node["Node Type"] == "Seq Scan" and re.search("_folded|_words", json.dumps(node.get("Filter", "")))
        for node in nodes(plan)
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


PLACE_ROWS = """
    CREATE FUNCTION bench_word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT 'k' || substr(translate(md5(n::text), '0123456789', 'aeiourstln'), 1, 4 + (n %% 5)::int)
    $$;
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts)
    VALUES (%(scheme)s, 'C', 'Country', '{}', 'country', '0001-01-01', '9999-12-31', true);
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'P' || n, 'Province ' || n, '{}', 'province', '0001-01-01', '9999-12-31', true, t.id
    FROM orgs_territory t, generate_series(1, 50) AS n WHERE t.code = 'C';
    INSERT INTO orgs_territory (scheme_id, code, name, names, kind, valid_from, valid_to, has_all_parts, parent_id)
    SELECT %(scheme)s, 'M' || n, 'Town ' || n, '{}', 'municipality', '0001-01-01', '9999-12-31', true, t.id
    FROM generate_series(1, %(places)s) AS n JOIN orgs_territory t ON t.code = 'P' || 1 + n %% 50;
"""

# A power of a random number is the skew: the cube of it puts half of all into the first eighth.
ORGANISATION_ROWS = """
    CREATE TEMP TABLE bench_place AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM orgs_territory WHERE code LIKE 'M%%';
    CREATE TEMP TABLE bench_row AS SELECT n, random() ^ 3 AS place, random() ^ 3 AS a, random() ^ 3 AS b, random() AS c, random() AS d
        FROM generate_series(1, %(size)s) AS n;
    INSERT INTO orgs_organisation (kind, level_of_government, territory_id, name, acronym, names, identifiers, slug, reference, description,
        written_in, languages, communities, marks, works_as, legal_form, size, budget, website, public_email, public_phone, address,
        address_is_public, tier, verified_at, is_listed, is_sample, version, created_at, updated_at)
    SELECT CASE WHEN c < 0.02 THEN 'authority' WHEN c < 0.2 THEN 'foundation' ELSE 'association' END,
        CASE WHEN c < 0.02 THEN 'local' ELSE '' END, p.id,
        'Association ' || bench_word((1 + %(words)s * a)::bigint) || ' ' || bench_word((1 + %(words)s * b)::bigint) || ' ' || r.n,
        '', '{}', '{}', 'bench-' || r.n, 'B' || r.n, '', 'en',
        CASE WHEN d < 0.7 THEN ARRAY['es'] WHEN d < 0.9 THEN ARRAY['es', 'en'] ELSE ARRAY['es', 'ar'] END,
        '{}', '{}', '{}', '', '', '', '', 'office@bench.example', '', '', false, CASE WHEN c < 0.9 THEN 'contact' ELSE '' END,
        CASE WHEN c < 0.9 THEN now() END, false, false, 1, now(), now()
    FROM bench_row r JOIN bench_place p ON p.n = (1 + (%(places)s - 1) * place)::bigint;
    INSERT INTO orgs_organisation_works_in (organisation_id, territory_id)
    SELECT id, territory_id FROM orgs_organisation;
    CREATE TEMP TABLE bench_offer AS SELECT n, (1 + (%(size)s - 1) * random() ^ 1.5)::bigint AS house, random() ^ 2 AS type, random() AS c
        FROM generate_series(1, %(services)s) AS n;
    CREATE TEMP TABLE bench_type AS SELECT row_number() OVER (ORDER BY "order", id) - 1 AS n, id, domain_id, count(*) OVER () AS of
        FROM orgs_servicetype;
    INSERT INTO orgs_service (organisation_id, type_id, domain_id, title, description, written_in, languages, interpreter_on_request,
        target_groups, women_only, conditions, delivery, address, is_shelter, accessibility, has_childcare, walks_in, by_appointment,
        by_referral, telephone, whatsapp, email, form, is_free, cost, no_documents_required, documents, confirmed_on)
    SELECT o.id, t.id, t.domain_id,
        bench_word((1 + %(words)s * random() ^ 3)::bigint) || ' ' || bench_word((1 + %(words)s * random() ^ 3)::bigint),
        (SELECT string_agg(bench_word((1 + %(words)s * random() ^ 3 + 0 * s.n + 0 * g)::bigint), ' ') FROM generate_series(1, 20) AS g), 'en',
        CASE WHEN s.c < 0.5 THEN '{}' WHEN s.c < 0.9 THEN ARRAY['es'] ELSE ARRAY['es', 'ar'] END,
        s.c > 0.95, '{}', s.c < 0.1, '', '{}', '', false, '{}', s.c < 0.05, true, false, false, '', '', '', '', true, '', s.c > 0.5, '',
        current_date - (s.c * 700)::int
    FROM bench_offer s JOIN orgs_organisation o ON o.slug = 'bench-' || s.house JOIN bench_type t ON t.n = floor(t.of * s.type)
"""

# What each of the queries begins with, or asks of a service s of an organisation o.
REACHED = """
    (s.telephone <> '' OR s.whatsapp <> '' OR s.email <> '' OR s.form <> '' OR o.public_email <> '' OR o.public_phone <> '' OR o.website <> ''
        OR s.walks_in AND NOT s.is_shelter AND (s.address <> '' OR o.address_is_public AND o.address <> ''
            AND (s.delivery = '{}' OR s.delivery @> ARRAY['address'::varchar])))
"""
AT_WORK = """
    reach AS NOT MATERIALIZED (SELECT * FROM orgs_territoryreach WHERE current_date BETWEEN valid_from AND valid_to),
    within AS MATERIALIZED (SELECT DISTINCT tied_to_id AS id FROM reach WHERE counts_in_id = %(place)s),
    served AS MATERIALIZED (
        SELECT id FROM within UNION
        SELECT a.tied_to_id FROM reach r JOIN reach a ON a.counts_in_id = r.counts_in_id AND a.depth = 0 WHERE r.tied_to_id = %(place)s
    ),
    at_work AS MATERIALIZED (
        SELECT o.id FROM within w JOIN orgs_organisation o ON o.territory_id = w.id
        UNION SELECT w.organisation_id FROM served s JOIN orgs_organisation_works_in w ON w.territory_id = s.id
    )
"""

DIRECTORY_TUNED = f"""
    WITH {AT_WORK},
    there AS MATERIALIZED (
        SELECT o.* FROM at_work JOIN orgs_organisation o USING (id)
        WHERE o.closed_on IS NULL AND o.suspended_on IS NULL AND (o.tier <> '' OR o.is_listed)
    ),
    found AS MATERIALIZED (
        SELECT o.id, o.name_folded FROM there o
        WHERE (o.name_words @@ %(word)s::tsquery
                OR EXISTS (SELECT FROM orgs_service s WHERE s.organisation_id = o.id AND s.text_words @@ %(word)s::tsquery AND {REACHED}))
            AND (o.languages @> ARRAY[%(language)s::varchar]
                OR EXISTS (SELECT FROM orgs_service s WHERE s.organisation_id = o.id AND {REACHED}
                    AND (s.interpreter_on_request OR s.languages @> ARRAY[%(language)s::varchar])))
    )
    SELECT (SELECT count(*) FROM found), ARRAY(SELECT id FROM found ORDER BY name_folded, id LIMIT 20)
"""

SERVICES_TUNED = f"""
    WITH {AT_WORK},
    found AS MATERIALIZED (
        SELECT s.id, s.confirmed_on, s.title, o.tier = '' OR COALESCE(o.holds_until < current_date, false) AS is_unverified
        FROM at_work JOIN orgs_organisation o USING (id) JOIN orgs_service s ON s.organisation_id = o.id
        WHERE s.text_words @@ %(word)s::tsquery AND {REACHED}
            AND (s.interpreter_on_request OR s.languages @> ARRAY[%(language)s::varchar]
                OR s.languages = '{{}}' AND o.languages @> ARRAY[%(language)s::varchar])
            AND o.closed_on IS NULL AND o.suspended_on IS NULL AND (o.tier <> '' OR o.is_listed)
            AND (NOT EXISTS (SELECT FROM orgs_service_territories t WHERE t.service_id = s.id)
                OR EXISTS (SELECT FROM orgs_service_territories t JOIN served v ON v.id = t.territory_id WHERE t.service_id = s.id))
    )
    SELECT (SELECT count(*) FROM found), ARRAY(SELECT id FROM found
        ORDER BY confirmed_on IS NULL OR confirmed_on < current_date - 455, is_unverified, confirmed_on DESC NULLS LAST, title, id LIMIT 20)
"""

COVERAGE_TUNED = f"""
    WITH {AT_WORK},
    offered AS MATERIALIZED (
        SELECT DISTINCT o.id, o.sector, s.type_id, s.domain_id FROM orgs_service s JOIN orgs_organisation o ON o.id = s.organisation_id
        WHERE o.closed_on IS NULL AND o.suspended_on IS NULL AND o.tier <> '' AND (o.holds_until IS NULL OR o.holds_until >= current_date)
            AND {REACHED}
    ),
    by_domain AS (SELECT DISTINCT id, sector, domain_id FROM offered JOIN at_work USING (id))
    SELECT 'type', type_id, count(*) FILTER (WHERE sector = 'civil_society'), count(*) FILTER (WHERE sector = 'authority'),
        count(*) FILTER (WHERE sector NOT IN ('civil_society', 'authority')) FROM offered GROUP BY type_id
    UNION ALL
    SELECT 'domain', domain_id, count(*) FILTER (WHERE sector = 'civil_society'), count(*) FILTER (WHERE sector = 'authority'),
        count(*) FILTER (WHERE sector NOT IN ('civil_society', 'authority')) FROM by_domain GROUP BY domain_id
"""
